"""Which words of an older text stand in a newer one, and what is different between them."""

from hypothesis import given
from hypothesis import strategies as st

from claims_api.models.words import Edit
from claims_api.services.texts.alignment import Pairing, align
from claims_api.services.texts.differences import Difference, differences, letter_differences
from claims_api.services.texts.subsequences import Run

# Few letters, so that much is the same, and those that typography and scripts make difficult.
ODD = st.text(alphabet='ab .\n“"–\u200b\u0301\u00a0\u05d0字👩\u200d', max_size=40)


def shown(pairing: Pairing, words: list[str]) -> list[str]:
    return [" ".join(words[run.old : run.old + run.length]) for run in pairing.runs]


def told(found: list[Difference], old: str, new: str) -> list[tuple[str, str, str]]:
    return [(each.op.value, old[each.old_start : each.old_end], new[each.new_start : each.new_end]) for each in found]


class TestAlign:
    def test_pairs_what_stands_around_a_change(self) -> None:
        runs = align("one two three four", "one two five four").forwards.runs
        assert runs == [Run(0, 0, 2), Run(3, 3, 1)]

    def test_takes_typography_for_no_change(self) -> None:
        assert align("he said: “no… never”", 'he said:  "no... never"').forwards.runs == [Run(0, 0, 8)]

    def test_shows_the_first_and_the_last_way_to_pair_twins(self) -> None:
        old = "Alpha. Nothing came. Beta. Nothing came. Gamma."
        found = align(old, "Alpha. Nothing came. Gamma.")
        assert (found.forwards.new_of(2, 5), found.backwards.new_of(2, 5)) == (2, None)
        assert (found.forwards.new_of(7, 10), found.backwards.new_of(7, 10)) == (None, 2)

    def test_does_not_pair_a_few_words_between_two_changes(self) -> None:
        old = "The council of the town will meet."
        assert align(old, "Nothing was heard from the villages around.").forwards.runs[:-1] == []

    def test_takes_a_text_that_is_empty(self) -> None:
        assert align("", "one two").forwards.runs == []

    def test_tells_the_nearest_pairs_around_words(self) -> None:
        pairing = align("one two three four", "zero one two five four").forwards
        assert (pairing.before(2), pairing.after(3), pairing.before(0)) == ((1, 2), (3, 4), (-1, -1))

    def test_pairs_a_large_text_of_one_line_that_was_edited_everywhere(self) -> None:
        words = [f"w{number * 7919 % 60_013}" for number in range(60_000)]
        edited = [f"x{place}" if place % 20 == 0 else word for place, word in enumerate(words)]
        paired = sum(run.length for run in align(" ".join(words), " ".join(edited)).forwards.runs)
        assert paired > 0.9 * len(words)

    def test_pairs_all_of_a_text_of_one_sign_that_is_cut_short(self) -> None:
        runs = align("字" * 100_000, "字" * 99_000).forwards.runs
        assert sum(run.length for run in runs) == 99_000

    def test_does_not_look_for_all_that_two_texts_without_sense_share(self) -> None:
        runs = align("a b c.\n" * 14_000, "c b a.\n" * 14_000).forwards.runs
        assert sum(run.length for run in runs) <= 3 * 14_000

    @given(ODD, ODD)
    def test_pairs_in_the_order_of_both_texts(self, old: str, new: str) -> None:
        found = align(old, new)
        for pairing in (found.forwards, found.backwards):
            ends = [(0, 0), *((run.old + run.length, run.new + run.length) for run in pairing.runs)]
            assert all(end[0] <= run.old and end[1] <= run.new for end, run in zip(ends, pairing.runs, strict=False))
            assert all(
                found.old.keys[run.old : run.old + run.length] == found.new.keys[run.new : run.new + run.length]
                for run in pairing.runs
            )


class TestDifferences:
    def test_tells_what_was_replaced_put_in_and_taken_out(self) -> None:
        old, new = "The old mayor said five words.", "The mayor said six words today."
        assert told(differences(old, new), old, new) == [
            ("equal", "The ", "The "),
            ("delete", "old ", ""),
            ("equal", "mayor said ", "mayor said "),
            ("replace", "five", "six"),
            ("equal", " words", " words"),
            ("insert", "", " today"),
            ("equal", ".", "."),
        ]

    def test_tells_typography(self) -> None:
        old, new = "It was “no”.", 'It was "no".'
        assert [each[1:] for each in told(differences(old, new), old, new) if each[0] != "equal"] == [
            ("“", '"'),
            ("”", '"'),
        ]

    def test_swallows_a_space_between_two_changes(self) -> None:
        old, new = "We saw red cars there.", "We saw blue bikes there."
        assert ("replace", "red cars", "blue bikes") in told(differences(old, new), old, new)

    def test_tells_letters_of_two_wordings(self) -> None:
        old, new = "organisation", "organization"
        assert told(letter_differences(old, new), old, new) == [
            ("equal", "organi", "organi"),
            ("replace", "s", "z"),
            ("equal", "ation", "ation"),
        ]

    def test_does_not_tear_a_letter_from_its_accent(self) -> None:
        old, new = "cafe\u0301 noir", "cafe noir"
        assert ("replace", "e\u0301", "e") in told(letter_differences(old, new), old, new)

    @given(ODD, ODD)
    def test_make_up_both_texts(self, old: str, new: str) -> None:
        for found in (differences(old, new), letter_differences(old, new)):
            pieces = told(found, old, new)
            assert ("".join(each[1] for each in pieces), "".join(each[2] for each in pieces)) == (old, new)

    @given(ODD, ODD)
    def test_call_equal_what_is_the_same_and_nothing_else(self, old: str, new: str) -> None:
        for found in (differences(old, new), letter_differences(old, new)):
            for operation, before, after in told(found, old, new):
                assert (operation == Edit.EQUAL) == (before == after)
