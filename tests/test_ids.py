import datetime as dt
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims_api import clock, ids

MOMENT = dt.datetime(2025, 10, 22, tzinfo=dt.UTC)
moments = st.datetimes(dt.datetime(1970, 1, 1), dt.datetime(2200, 1, 1), timezones=st.just(dt.UTC))  # noqa: DTZ001
names = st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), min_size=1, max_size=3)


def milliseconds(identity: str) -> int:
    return uuid.UUID(identity).int >> 80


def is_id(text: str) -> bool:
    return ids.CANONICAL.fullmatch(text) is not None


class TestNewId:
    def test_is_a_uuid_of_version_7_in_canonical_form(self) -> None:
        made = uuid.UUID(ids.new_id())
        assert (made.version, made.variant) == (7, uuid.RFC_4122)
        assert is_id(str(made))

    def test_sorts_in_the_order_of_making(self) -> None:
        made = [ids.new_id() for _ in range(5000)]
        assert made == sorted(set(made))

    def test_tells_the_millisecond_of_its_making(self) -> None:
        before = int(clock.utcnow().timestamp() * 1000)
        made = milliseconds(ids.new_id())
        # Ids of one millisecond may run ahead, to keep their order.
        assert before <= made <= int(clock.utcnow().timestamp() * 1000) + 1000


class TestIsId:
    def test_takes_the_canonical_form(self) -> None:
        assert is_id("019a0b1c-2d3e-7f40-8123-456789abcdef")

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "019A0B1C-2D3E-7F40-8123-456789ABCDEF",
            "019a0b1c2d3e7f408123456789abcdef",
            "{019a0b1c-2d3e-7f40-8123-456789abcdef}",
            "urn:uuid:019a0b1c-2d3e-7f40-8123-456789abcdef",
            "019a0b1c-2d3e-7f40-8123-456789abcdef\n",
            " 019a0b1c-2d3e-7f40-8123-456789abcdef",
            "019a0b1c-2d3e-7f40-8123-456789abcdeg",
            "٠19a0b1c-2d3e-7f40-8123-456789abcdef",
        ],
        ids=["empty", "upper", "bare", "braces", "urn", "newline", "space", "no hex digit", "Arabic digit"],
    )
    def test_takes_no_other(self, text: str) -> None:
        assert not is_id(text)


class TestDerivedId:
    def test_is_the_same_on_every_machine(self) -> None:
        assert ids.derived_id(MOMENT, "budapest", "claim", "no-date") == "019a0937-2400-736c-b11d-090240cbf88e"

    @given(moments, names)
    def test_is_a_uuid_of_version_7_of_that_millisecond(self, moment: dt.datetime, given_names: list[str]) -> None:
        made = ids.derived_id(moment, *given_names)
        assert is_id(made)
        assert (uuid.UUID(made).version, uuid.UUID(made).variant) == (7, uuid.RFC_4122)
        assert abs(milliseconds(made) - moment.timestamp() * 1000) <= 1

    @given(names, names)
    def test_differs_for_different_names(self, one: list[str], other: list[str]) -> None:
        assert (ids.derived_id(MOMENT, *one) == ids.derived_id(MOMENT, *other)) == (one == other)

    def test_differs_for_names_cut_elsewhere(self) -> None:
        assert ids.derived_id(MOMENT, "ab", "c") != ids.derived_id(MOMENT, "a", "bc")

    def test_differs_from_one_moment_to_the_next(self) -> None:
        later = MOMENT + dt.timedelta(milliseconds=1)
        assert ids.derived_id(MOMENT, "a") < ids.derived_id(later, "a")

    def test_is_there_for_moments_before_1970(self) -> None:
        assert is_id(ids.derived_id(dt.datetime(1938, 9, 30, tzinfo=dt.UTC), "munich"))
