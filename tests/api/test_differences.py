import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from tests.api.factories import NOBODY, Thing, make_source
from tests.conftest import Api
from tests.problems import assert_problem
from tests.services.test_unified import PATCH
from tests.services.texts import texts

OLD = "The talks end on Monday.\nNo date was set.\n"
NEW = "The talks end on Friday.\nNo date was set, it is said.\n"
given_texts = texts.map(lambda text: f"“{text.replace(chr(0), '')}” said")


def compared(api: Api, source: Thing, which: str = "1..2") -> Thing:
    return api.read(f"/v1/sources/{source['id']}/versions/{which}/diff")


def of_two(api: Api, old: str = OLD, new: str = NEW) -> Thing:
    source = make_source(api, old)
    api.made(f"/v1/sources/{source['id']}/versions", {"text": new})
    return source


def joined(found: Thing, side: str) -> str:
    return "".join(each[side]["text"] for each in found["operations"])


class TestCompare:
    def test_tells_what_became_of_which_words(self, api: Api) -> None:
        found = compared(api, of_two(api))["operations"]
        assert [(each["op"], each["from"]["text"], each["to"]["text"]) for each in found] == [
            ("equal", "The talks end on ", "The talks end on "),
            ("replace", "Monday", "Friday"),
            ("equal", ".\nNo date was set", ".\nNo date was set"),
            ("insert", "", ", it is said"),
            ("equal", ".\n", ".\n"),
        ]

    def test_gives_offsets_in_code_points(self, api: Api) -> None:
        found = compared(api, of_two(api, "😀 a long day", "😀 a short day"))["operations"]
        (change,) = (each for each in found if each["op"] == "replace")
        assert (change["from"]["start"], change["from"]["end"], change["to"]["end"]) == (4, 8, 9)

    @settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(old=given_texts, new=given_texts)
    def test_gives_both_texts_back_byte_for_byte(self, api: Api, old: str, new: str) -> None:
        source = make_source(api, old)
        response = api.post(f"/v1/sources/{source['id']}/versions", {"text": new})
        found = compared(api, source, "1..2" if response.status_code == 201 else "1..1")
        assert (joined(found, "from").encode(), joined(found, "to").encode()) == (old.encode(), new.encode())

    def test_names_both_versions(self, api: Api) -> None:
        source = of_two(api)
        found = compared(api, source)
        kept = [api.read(f"/v1/sources/{source['id']}/versions/{number}") for number in (1, 2)]
        expected = [{name: each[name] for name in ("number", "sha256", "length")} for each in kept]
        assert [found["from"], found["to"]] == expected

    def test_compares_backwards_too(self, api: Api) -> None:
        found = compared(api, of_two(api), "2..1")
        assert (joined(found, "from"), joined(found, "to")) == (NEW, OLD)
        assert {"-The talks end on Friday.", "+The talks end on Monday."} < set(found["unified"].split("\n"))

    def test_finds_no_difference_to_itself(self, api: Api) -> None:
        found = compared(api, of_two(api), "2..2")
        assert [each["op"] for each in found["operations"]] == ["equal"]
        assert found["unified"] == ""

    @pytest.mark.skipif(PATCH is None, reason="no patch on this machine")
    @pytest.mark.parametrize("new", [NEW, NEW.rstrip("\n"), "another text without an end", NEW.replace("\n", "\r\n")])
    def test_gives_a_patch(self, api: Api, tmp_path: Path, new: str) -> None:
        change = compared(api, of_two(api, OLD, new))["unified"]
        (tmp_path / "text").write_bytes(OLD.encode())
        command = [str(PATCH), "--quiet", "text"]
        subprocess.run(command, cwd=tmp_path, input=change.encode(), check=True)  # noqa: S603  # it is patch
        assert (tmp_path / "text").read_bytes() == new.encode()

    @pytest.mark.parametrize("which", ["1..3", "3..1", "3..3", "1..999999999"])
    def test_gives_not_found_for_an_unknown_version(self, api: Api, which: str) -> None:
        source = of_two(api)
        assert_problem(api.get(f"/v1/sources/{source['id']}/versions/{which}/diff"), "not-found")

    @pytest.mark.parametrize("which", ["0..1", "1..", "1...2", "a..b", "1..1000000000", "-1..2", "1"])
    def test_gives_not_found_for_what_names_no_versions(self, api: Api, which: str) -> None:
        assert_problem(api.get(f"/v1/sources/{of_two(api)['id']}/versions/{which}/diff"), "not-found")

    def test_gives_not_found_for_an_unknown_or_deleted_source(self, api: Api) -> None:
        source = of_two(api)
        api.delete(f"/v1/sources/{source['id']}")
        for identity in (NOBODY, source["id"]):
            assert_problem(api.get(f"/v1/sources/{identity}/versions/1..2/diff"), "not-found")

    def test_is_given_once_to_those_who_have_it(self, api: Api) -> None:
        path = f"/v1/sources/{of_two(api)['id']}/versions/1..2/diff"
        tag = api.get(path).headers["ETag"]
        assert not tag.startswith("W/")
        assert api.get(path, headers={"If-None-Match": tag}).status_code == 304
