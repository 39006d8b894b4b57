"""Finding the places of passages again in a newer text."""

from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from claims_api.models.words import AnchorState, OrphanedBecause
from claims_api.services.texts.placing import Placed, place_all
from claims_api.services.texts.resembling import similarity

EXACT, MOVED, CHANGED, ORPHANED = AnchorState.EXACT, AnchorState.MOVED, AnchorState.CHANGED, AnchorState.ORPHANED
TEXT = (
    "The council met on Monday. The mayor said that five houses were flooded near the old mill.\n"
    "Nobody was hurt. The river is still rising, and the school stays closed.\n"
)
SENTENCES = st.lists(
    st.sampled_from(
        ["The bell rang twice.", "Two boats left.", "Rain fell.", "It was 45 then.", "Nobody came «home»."]
    ),
    min_size=1,
    max_size=8,
)


def placed(old: str, new: str, quote: str, occurrence: int = 1) -> Placed:
    start = -1
    for _ in range(occurrence):
        start = old.index(quote, start + 1)
    return place_all(old, new, [(start, start + len(quote))])[0]


def found(old: str, new: str, quote: str, occurrence: int = 1) -> tuple[AnchorState, str | None]:
    place = placed(old, new, quote, occurrence)
    return place.state, None if place.start is None else new[place.start : place.end]


def long_wordings(*, kept: int) -> tuple[str, str]:
    """Return some 8,000 letters, and the same with so many of each hundred words kept."""
    numbers = range(1_200)
    words = (f"word{number}" if number % 100 < kept else f"another{number}" for number in numbers)
    return " ".join(f"word{number}" for number in numbers), " ".join(words)


class TestSameWords:
    def test_are_exact_at_the_same_offsets(self) -> None:
        place = placed(TEXT, TEXT.replace("closed", "open"), "five houses")
        assert place == Placed(EXACT, 47, 58, 1.0)

    def test_are_moved_by_what_is_put_in_before(self) -> None:
        assert placed(TEXT, "Update. " + TEXT, "five houses") == Placed(MOVED, 55, 66, 1.0)

    def test_are_moved_with_their_paragraph(self) -> None:
        first, second, _ = TEXT.split("\n")
        assert found(TEXT, f"{second}\n{first}\n", "Nobody") == (MOVED, "Nobody")
        assert found(TEXT, f"{second}\n{first}\n", "Monday") == (MOVED, "Monday")

    def test_are_told_from_the_same_words_elsewhere(self) -> None:
        old = "Ann spoke of peace. No, she said. Bob spoke of war. No, she said. They left."
        new = "Ann spoke of peace. Bob spoke of war. No, she said. They left."
        assert placed(old, new, "No, she said.").reason is not None
        old, new = old.replace("war. No, she said.", "war. No, she cried."), new.replace("said", "cried")
        assert found(old, new, "No, she cried.") == (MOVED, "No, she cried.")

    def test_hold_though_a_word_next_to_them_changes(self) -> None:
        assert found(TEXT, TEXT.replace("that five", "how five"), "five houses")[0] is MOVED

    def test_that_end_within_a_longer_word_now_are_changed(self) -> None:
        assert found(TEXT, TEXT.replace("old mill.", "old mills."), "were flooded near the old mill") == (
            CHANGED,
            "were flooded near the old mills",
        )

    @pytest.mark.parametrize(
        "quote",
        [
            "“כן” אמר הדובר",
            "قال «لا»\u200f",
            "双方没有确定",
            "👩‍👩‍👧 came",
            "cafe\u0301",
            "ten\u00a0men",
            "un\u200bseen",
        ],
        ids=["Hebrew", "Arabic", "Chinese", "emoji", "combining", "no-break", "zero width"],
    )
    def test_are_found_in_every_script(self, quote: str) -> None:
        old = f"It began so. Then {quote} and it ended there."
        assert found(old, f"A new first line.\n{old}", quote) == (MOVED, quote)


class TestTwins:
    OLD = "Alpha is here. Nothing came of it. Beta is there. Nothing came of it. Gamma ends."

    def test_are_kept_apart_by_what_stands_between(self) -> None:
        new = "So. " + self.OLD
        assert [placed(self.OLD, new, "Nothing came of it.", count).start for count in (1, 2)] == [19, 54]

    def test_are_ambiguous_if_nobody_can_say_which_was_taken_out(self) -> None:
        new = "Alpha is here. Nothing came of it. Gamma ends."
        places = [placed(self.OLD, new, "Nothing came of it.", count) for count in (1, 2)]
        assert [(place.state, place.reason) for place in places] == [(ORPHANED, OrphanedBecause.AMBIGUOUS)] * 2
        assert places[0].candidates == ((15, 34),)

    def test_are_ambiguous_though_the_one_that_stays_was_edited(self) -> None:
        twin = "The bridge over the river was closed to all heavy traffic in early spring."
        place = placed(f"{twin} {twin} The end.", f"{twin.replace('heavy', 'local')} The end.", "over the river")
        assert (place.state, place.reason) == (ORPHANED, OrphanedBecause.AMBIGUOUS)

    def test_of_which_the_quoted_one_went_are_gone(self) -> None:
        new = "Alpha is here. Beta is there. Nothing came of it. Gamma ends."
        assert found(self.OLD, new, "Nothing came of it.", 1) == (ORPHANED, None)
        assert found(self.OLD, new, "Nothing came of it.", 2) == (MOVED, "Nothing came of it.")

    def test_of_which_another_came_behind_leave_the_first_where_it_was(self) -> None:
        old = "Alpha is here. Nothing came of it. Gamma ends."
        new = "Alpha is here. Nothing came of it. Nothing came of it. Gamma ends."
        assert found(old, new, "Nothing came of it.") == (EXACT, "Nothing came of it.")


class TestChangedWords:
    @pytest.mark.parametrize(
        ("old", "new", "stands"),
        [
            ("five", "six", "said that six houses were flooded"),
            ("said that", "said loudly that", "said loudly that five houses were flooded"),
            ("five houses", "houses", "said that houses were flooded"),
            ("flooded", "floded", "said that five houses were floded"),
            ("flooded near", "flooded yesterday near", "said that five houses were flooded"),
            ("mayor said", "old mayor said", "said that five houses were flooded"),
            ("that five", "that  five", "said that  five houses were flooded"),
        ],
        ids=["another word", "put in", "taken out", "typing error", "behind", "before", "space"],
    )
    def test_have_the_edges_that_they_had(self, old: str, new: str, stands: str) -> None:
        assert found(TEXT, TEXT.replace(old, new), "said that five houses were flooded")[1] == stands

    def test_are_to_be_confirmed_though_only_a_number_changed(self) -> None:
        old = TEXT.replace("five", "45")
        place = placed(old, TEXT.replace("five", "54"), "The mayor said that 45 houses were flooded")
        assert (place.state, place.similarity < 1) == (CHANGED, True)

    def test_are_to_be_confirmed_though_only_the_typography_changed(self) -> None:
        place = placed("He said “no” and left.", 'He said "no" and left.', "said “no” and")
        assert (place.state, place.start, place.end, place.similarity) == (CHANGED, 3, 16, 1.0)

    def test_are_to_be_confirmed_though_only_the_forms_of_letters_changed(self) -> None:
        place = placed("वह स\u095cक पर है।", "वह सड\u093cक पर है।", "स\u095cक पर")
        assert (place.state, place.start, place.end, place.similarity) == (CHANGED, 3, 10, 1.0)

    def test_are_found_with_their_paragraph_elsewhere(self) -> None:
        first, second, _ = TEXT.split("\n")
        new = f"{second.replace('still', 'slowly')}\n{first}\n{first.replace('Monday', 'Friday')}"
        assert (
            found(TEXT, new, "The river is still rising, and the school")[1]
            == "The river is slowly rising, and the school"
        )

    def test_are_not_those_of_a_like_sentence_that_was_edited(self) -> None:
        north = "In the north 12 houses on the coast were very badly damaged by fire."
        south = "In the south 34 houses on the coast were damaged by fire."
        between = "Nothing was heard from the islands for the whole of the following week. "
        new = f"{between}{south.replace('damaged', 'very badly damaged')} So it was."
        assert found(f"{north} {between}{south} So it was.", new, north) == (ORPHANED, None)

    def test_are_not_those_of_a_like_sentence_that_was_there_before(self) -> None:
        old = "In the north 12 houses were lost to fire. In the south 34 houses were lost to fire. So it was."
        new = "In the south 34 houses were lost to fire. So it was."
        assert found(old, new, "In the north 12 houses were lost to fire.") == (ORPHANED, None)


class TestLongWordings:
    @pytest.mark.parametrize("kept", [1, 50, 90])
    def test_are_as_similar_as_they_have_words_in_common(self, kept: int) -> None:
        assert similarity(*long_wordings(kept=kept)) == kept / 100

    def test_are_changed_where_single_words_are_still_there(self) -> None:
        chance = Random(2)  # noqa: S311  # the same every time
        words = [f"word{chance.randrange(900)}" for _ in range(900)]
        chance = Random(102)  # noqa: S311
        new = " ".join(word if chance.random() < 0.8 else f"zz{chance.randrange(10**6)}" for word in words)
        assert found(f"Before. {' '.join(words)} Behind.", f"Before. {new} Behind.", " ".join(words)) == (CHANGED, new)

    def test_are_changed_where_most_words_are_still_there(self) -> None:
        old, new = long_wordings(kept=90)
        assert found(f"Before. {old} Behind.", f"Before. {new} Behind.", old) == (CHANGED, new)


class TestLostWords:
    def test_are_gone(self) -> None:
        place = placed(TEXT, TEXT.replace(" Nobody was hurt.", "").replace("Nobody was hurt. ", ""), "Nobody was hurt.")
        assert (place.state, place.start, place.reason) == (ORPHANED, None, OrphanedBecause.GONE)

    def test_are_not_found_in_another_word_that_came_for_one(self) -> None:
        assert found(TEXT, TEXT.replace("mayor", "farmer"), "mayor") == (ORPHANED, None)

    def test_are_not_found_in_a_few_new_ones_without_what_stood_around(self) -> None:
        new = TEXT.replace("five houses", "many houses") + "There were five chairs in all."
        assert found(TEXT, new, "five") == (ORPHANED, None)

    def test_are_gone_where_few_of_many_are_still_there(self) -> None:
        old, new = long_wordings(kept=1)
        assert found(f"Before. {old} Behind.", f"Before. {new} Behind.", old)[0] is ORPHANED

    def test_are_gone_with_the_whole_text(self) -> None:
        assert found(TEXT, "", "Nobody") == (ORPHANED, None)


class TestAllTogether:
    @given(SENTENCES, SENTENCES, st.data())
    def test_exact_and_moved_are_the_quote_byte_for_byte(
        self, olds: list[str], news: list[str], data: st.DataObject
    ) -> None:
        old, new = " ".join(olds), "\n".join(news)
        start = data.draw(st.integers(0, len(old) - 1))
        end = data.draw(st.integers(start + 1, len(old)))
        place = place_all(old, new, [(start, end)])[0]
        if place.state in {EXACT, MOVED}:
            assert new[place.start : place.end] == old[start:end]
            assert (place.state is EXACT) == (place.start == start)
        assert (place.start is None) == (place.state is ORPHANED)

    @given(SENTENCES, st.integers(0, 8), st.sampled_from(["Quite another thing.", "Und dies.\n", "\u200b… 双方。 "]))
    def test_what_is_put_in_elsewhere_keeps_a_quote_that_stands_once(
        self, rest: list[str], place: int, other: str
    ) -> None:
        sentences = [*rest, "Here seven swans were seen.", *rest]
        new = [*sentences]
        at = min(place, len(new))
        assume(at != len(rest) + 1 or other.strip())
        new.insert(at, other)
        state, words = found(" ".join(sentences), " ".join(new), "seven swans were")
        assert (state in {EXACT, MOVED}, words) == (True, "seven swans were")

    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            ("gone", {ORPHANED}),
            ("edited", {CHANGED, ORPHANED}),
            ("one word", {ORPHANED}),
            ("Chinese", {CHANGED, ORPHANED}),
        ],
    )
    def test_two_hundred_passages_of_a_long_text_are_not_taken_for_others(
        self, kind: str, expected: set[AnchorState]
    ) -> None:
        words = [f"w{number * 7919 % 4_001}" for number in range(17_000)]
        old = " ".join(words)
        new = {
            "gone": " ".join(f"x{word}" for word in words),
            "edited": " ".join("x" if number % 7 == 0 else word for number, word in enumerate(words)),
            "one word": "again " * 16_000,
            "Chinese": "双方没有确定会晤日期" * 10_000,
        }[kind]
        old = {"one word": "again " * 16_500, "Chinese": "双方没有确定日期" * 12_000}.get(kind, old)
        states = {place.state for place in place_all(old, new, [(at, at + 300) for at in range(0, 80_000, 400)])}
        assert states <= expected
