"""What search knows a text by."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claims_api.terms import Asked, Phrase, Sought, asked, folded, terms, words

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=200)


class TestWords:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("No date was set.", ["no", "date", "was", "set"]),
            ("line-of-contact", ["line", "of", "contact"]),
            ("don't", ["don", "t"]),
            ("snake_case", ["snake", "case"]),
            ("Élysée ÉLYSÉE E\u0301lyse\u0301e", ["elysee"] * 3),
            ("Straße STRASSE", ["strasse"] * 2),
            ("Λόγος ΛΌΓΟΣ", ["λογοσ"] * 2),
            ("ışık IŞIK İşik", ["isik"] * 3),
            ("\uff26\uff55\uff4c\uff4c \ufb01ne", ["full", "fine"]),  # full width, a ligature
            ("so\u00adft\u200bly", ["softly"]),
            ("كِتَابٌ كتـــاب", ["كتاب"] * 2),
            ("हिन्दी", ["हिनदी"]),
            ("½ ², 1,000", ["12", "2", "1", "000"]),
            ("한국어", ["한국어"]),
            ("北京", ["北京", "京"]),
            ("北京市 京", ["北京", "京市", "市", "京"]),
            ("在2024年", ["在", "2024", "年"]),
            ("กรุงเทพ", ["กร", "รง", "งเ", "เท", "ทพ", "พ"]),
            ("ガ ｶﾞ", ["カ"] * 2),
            ("Wałęsa Øresund Đorđević Ħal Ŧ", ["walesa", "oresund", "dordevic", "hal", "t"]),
            ("п\u02bcять п'ять п’ять", ["п", "ять"] * 3),
            ("O\u02bbzbekiston Ba\u02bfath \u02beAl\u0131 α\u0374", ["o", "zbekiston", "ba", "ath", "ali", "α"]),
            ("\u0149 ʼn 'n", ["n"] * 3),
            ("٢٠٢٤ २०२४ ۲۰۲۴ 𝟚𝟘𝟚𝟜", ["2024"] * 4),
            ("ปี๒๕๖๗", ["ปี", "2567"]),
            ("❤\ufe0f date\ufe0f", ["date"]),
            ("🙂 👨‍👩‍👧 -- _ \u2063", []),
        ],
    )
    def test_are_folded(self, text: str, expected: list[str]) -> None:
        assert words(text) == expected

    @given(TEXTS)
    def test_stand_where_they_say(self, text: str) -> None:
        for term in terms(text):
            assert 0 <= term.start < term.end <= len(text)
            assert term.word
            assert folded(text[term.start : term.end]) == term.word or len(term.word) < term.end - term.start + 40

    @given(TEXTS)
    def test_are_letters_and_digits_only(self, text: str) -> None:
        assert not [word for word in words(text) for letter in word if letter.isascii() and not letter.isalnum()]

    def test_are_cut(self) -> None:
        assert words("a" * 1_000_000) == ["a" * 40]


class TestAsked:
    @pytest.mark.parametrize(
        ("question", "all_of", "none_of"),
        [
            ("", [], []),
            ("date", ["date"], []),
            ("no  date NO", ["no", "date"], []),
            ('"no date" set', ["no date", "set"], []),
            ("“no date” „x”", ["no date", "x"], []),
            ('"no date', ["no date"], []),
            ('צה"ל date', ["צה ל", "date"], []),
            ('5" gun 7"', ["5", "gun", "7"], []),
            ('say"no date"', ["say", "no date"], []),
            ('“停火”和"谈判"', ["停火", "和*", "谈判"], []),
            ('"the צה"ל said" no', ["the צה ל said", "no"], []),
            ('"no date"set', ["no date", "set"], []),
            ('kremlin -"no 5" gun"', ["kremlin", "gun"], ["no 5"]),
            ("line-of-contact", ["line of contact"], []),
            ("kremlin -budapest", ["kremlin"], ["budapest"]),
            ('kremlin -"no date"', ["kremlin"], ["no date"]),
            ("a - b --c", ["a", "b"], ["c"]),
            ("a-b -c-d", ["a b"], ["c d"]),
            ("prom*", ["prom*"], []),
            ('"a prom*" *', ["a prom*"], []),
            ("北京", ["北京"], []),
            ("京", ["京*"], []),
            ("在2024", ["在 2024"], []),
            ("AND OR NOT NEAR(a, b) col:x ^y {z}", ["and", "or", "not", "near a", "b", "col x", "y", "z"], []),
            ("'; DROP TABLE -- \\ & | ! <->", ["drop", "table"], []),
        ],
    )
    def test_is_read_from(self, question: str, all_of: list[str], none_of: list[str]) -> None:
        found = asked(question)
        assert [written(each) for each in found.all_of] == all_of
        assert [written(each) for each in found.none_of] == none_of

    def test_is_no_more_than_32_phrases(self) -> None:
        many = " ".join(f"w{number} -x{number}" for number in range(50))
        assert (len(asked(many).all_of), len(asked(many).none_of)) == (32, 32)

    @given(TEXTS)
    def test_any_text_is_a_question(self, text: str) -> None:
        assert isinstance(asked(text), Asked)
        assert all(phrase.words and all(phrase.words) for phrase in (*asked(text).all_of, *asked(text).none_of))


def written(phrase: Phrase) -> str:
    return " ".join(phrase.words) + "*" * phrase.is_prefix


class TestSpans:
    @pytest.mark.parametrize(
        ("text", "question", "expected"),
        [
            ("No date, no Date.", "date", ["date", "Date"]),
            ("No date was set", '"no date" set', ["No date", "set"]),
            ("no date date", '"no date"', ["no date"]),
            ("promised promise pro", "prom*", ["promised", "promise"]),
            ("🙂 De\u0301but 🙂 debut", "début", ["De\u0301but", "debut"]),
            ("我在北京市工作", "北京市", ["北京市"]),
            ("我在北京市工作", "京", ["京市"]),
            ("ประเทศไทย", "ไทย", ["ไทย"]),
            ("في الكِتَاب", "الكتاب", ["الكِتَاب"]),
            ("Lech Wałęsa", "walesa", ["Wałęsa"]),
            ("Lech Walesa in 2024", "Wałęsa २०२४", ["Walesa", "2024"]),
            ("і п\u02bcять", "п'ять", ["п\u02bcять"]),
            ("a b c", "", []),
            ("a b", '"b c"', []),
            ("aa ab", 'a* "aa ab"', ["aa ab"]),
        ],
    )
    def test_are_what_answers(self, text: str, question: str, expected: list[str]) -> None:
        found = Sought(asked(question).all_of).spans(text)
        assert [text[start:end] for start, end in found] == expected

    @given(TEXTS)
    def test_of_a_text_in_itself_are_in_order_and_apart(self, text: str) -> None:
        places = Sought(asked(text).all_of).spans(text)
        assert all(start < end for start, end in places)
        assert all(one[1] < other[0] for one, other in pairwise(places))
