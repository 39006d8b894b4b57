from dataclasses import fields
from pathlib import Path

import pytest

from claims_api.config import Settings, shipped, unknown_settings

AT_LEAST_ONE = tuple(
    f"CLAIMS_{name}" for name in ("WORKERS", "THREADS", "MAX_BODY_BYTES", "STATEMENT_SECONDS", "POOL_SIZE")
)
AT_LEAST_NONE = tuple(f"CLAIMS_{name}" for name in ("WAITERS", "WRITES_PER_MINUTE", "FAILURES_PER_MINUTE", "PROXIES"))


class TestFromEnvironment:
    def test_takes_the_defaults_from_an_empty_environment(self) -> None:
        assert Settings.from_environment({}) == Settings()

    def test_reads_every_setting_from_its_variable(self) -> None:
        environment = {
            "CLAIMS_DATABASE_URL": "sqlite:///elsewhere.db",
            "HOST": "0.0.0.0",  # noqa: S104  # only read
            "PORT": "9000",
            "CLAIMS_WORKERS": "2",
            "CLAIMS_THREADS": "3",
            "CLAIMS_WAITERS": "5",
            "CLAIMS_OWN_CORE": "no",
            "CLAIMS_PUBLIC_READS": "false",
            "CLAIMS_REQUIRE_IF_MATCH": "yes",
            "CLAIMS_MAX_BODY_BYTES": "1000",
            "CLAIMS_MAX_IMPORT_BYTES": "2000",
            "CLAIMS_STATEMENT_SECONDS": "9",
            "CLAIMS_WRITES_PER_MINUTE": "7",
            "CLAIMS_FAILURES_PER_MINUTE": "6",
            "CLAIMS_LIMITS_STORE": "redis://elsewhere",
            "CLAIMS_PROXIES": "1",
            "CLAIMS_POOL_SIZE": "4",
            "CLAIMS_RESPONSE_CACHE_KIB": "8",
            "CLAIMS_LOG_LEVEL": "Warning",
            "CLAIMS_PUBLIC_METRICS": "1",
            "CLAIMS_OTEL": "true",
        }
        numbers = (9000, 2, 3, 5, False, False, True, 1000, 2000, 9, 7, 6)
        rest = ("redis://elsewhere", 1, 4, 8, "warning", True, True)
        expected = Settings("sqlite:///elsewhere.db", environment["HOST"], *numbers, *rest)
        assert Settings.from_environment(environment) == expected
        assert {each.metadata["variable"] for each in fields(Settings)} == set(environment)

    def test_says_of_what_is_no_number_that_it_is_none(self) -> None:
        with pytest.raises(ValueError, match="PORT: 'abc' is no whole number"):
            Settings.from_environment({"PORT": "abc"})

    def test_takes_an_empty_variable_for_one_that_is_not_set(self) -> None:
        assert Settings.from_environment({"PORT": "", "CLAIMS_PUBLIC_READS": ""}) == Settings()

    def test_leaves_other_variables_alone(self) -> None:
        assert Settings.from_environment({"CLAIMS_COLOUR": "blue", "port": "1"}) == Settings()

    @pytest.mark.parametrize(
        ("text", "value"),
        [("1", True), ("true", True), ("YES", True), ("0", False), ("False", False), ("no", False)],
    )
    def test_reads_yes_and_no_in_several_words(self, text: str, value: bool) -> None:
        assert Settings.from_environment({"CLAIMS_PUBLIC_READS": text}).public_reads is value

    @pytest.mark.parametrize(
        ("variable", "text"),
        [
            ("PORT", "http"),
            ("PORT", "80.5"),
            ("CLAIMS_WORKERS", "many"),
            ("CLAIMS_PUBLIC_READS", "perhaps"),
            ("CLAIMS_LOG_LEVEL", "loud"),
            ("PORT", "65536"),
            ("CLAIMS_STATEMENT_SECONDS", "2000001"),
            *((name, "0") for name in ("PORT", *AT_LEAST_ONE)),
            *((name, "-1") for name in (*AT_LEAST_ONE, *AT_LEAST_NONE)),
        ],
    )
    def test_names_the_variable_that_cannot_be_read(self, variable: str, text: str) -> None:
        with pytest.raises(ValueError, match=rf"^{variable}: .*{text}"):
            Settings.from_environment({variable: text})

    @pytest.mark.parametrize("name", AT_LEAST_NONE)
    def test_takes_none_where_that_means_something(self, name: str) -> None:
        (field,) = (each.name for each in fields(Settings) if each.metadata["variable"] == name)
        assert getattr(Settings.from_environment({name: "0"}), field) == 0

    @pytest.mark.parametrize("url", ["secret", "postgresql://me:secret@h:notaport/claims"])
    def test_does_not_repeat_a_url_that_cannot_be_read(self, url: str) -> None:
        with pytest.raises(ValueError, match=r"^CLAIMS_DATABASE_URL: ") as raised:
            Settings.from_environment({"CLAIMS_DATABASE_URL": url})
        assert "secret" not in str(raised.value)


class TestConnections:
    @pytest.mark.parametrize(("threads", "number"), [(8, 6), (3, 1), (1, 1), (40, 10)])
    def test_to_postgres_leave_threads(self, threads: int, number: int) -> None:
        url = "postgresql+psycopg://127.0.0.1/x"
        assert Settings(database_url=url, threads=threads, pool_size=10).connections == number

    def test_to_sqlite_are_as_many_as_are_set(self) -> None:
        assert Settings(threads=2, pool_size=10).connections == 10


class TestUnknown:
    def test_are_variables_that_look_like_settings(self) -> None:
        given = {"CLAIMS_PUBLIC_READ": "false", "CLAIMS_PUBLIC_READS": "false", "HOST": "x", "OTHER": "x"}
        assert unknown_settings(given) == ["CLAIMS_PUBLIC_READ"]


class TestSettings:
    def test_say_what_each_of_them_means(self) -> None:
        assert all(each.metadata["meaning"] for each in fields(Settings))


class TestShipped:
    @pytest.mark.parametrize("name", ["migrations", "seeds", "openapi.yaml"])
    def test_finds_what_is_delivered(self, name: str, repository: Path) -> None:
        assert shipped(name) == repository / name
        assert shipped(name).exists()


@pytest.mark.parametrize(("host", "address"), [("localhost", "127.0.0.1"), ("::1", "::1"), ("0.0.0.0", "0.0.0.0")])  # noqa: S104
def test_a_host_that_is_a_name_has_an_address(host: str, address: str) -> None:
    assert Settings(host=host).address == address
