from hypothesis import given
from hypothesis import strategies as st

from claims_api.schemas.formats.sentences import Sentences, found, joined, pieces, runs

TEXTS = st.text(alphabet="ab .\n\u3000\u4e2d", min_size=1, max_size=60)


class TestSentences:
    def test_remember_documents_by_name(self) -> None:
        kept = Sentences()
        kept.keep("a", [(0, 3), (4, 9)])
        assert (list(kept.of("a") or ()), kept.of("b")) == ([(0, 3), (4, 9)], None)
        kept.close()

    def test_keep_the_first_document_of_a_name(self) -> None:
        kept = Sentences()
        kept.keep("a", [(0, 3)])
        kept.keep("a", [(0, 9)])
        assert list(kept.of("a") or ()) == [(0, 3)]
        kept.close()

    def test_tell_where_each_document_is_to_be_cut(self) -> None:
        kept = Sentences()
        kept.cut("b", [5, 1], is_bare=True)
        kept.cut("a", [2], is_bare=True)
        kept.cut("b", [4, 3], is_bare=False)
        assert list(kept.cuts()) == [("a", [2], True), ("b", [1, 3, 4, 5], False)]
        kept.close()


class TestRuns:
    def test_are_of_neighbours(self) -> None:
        assert list(runs([7, 2, 3, 3, 5])) == [(2, 3), (5, 5), (7, 7)]

    def test_of_nothing_are_none(self) -> None:
        assert list(runs([])) == []


class TestPlaces:
    @given(st.lists(TEXTS))
    def test_of_joined_sentences_hold_them(self, sentences: list[str]) -> None:
        text, spans = joined(sentences)
        assert [text[start:end] for start, end in spans] == sentences

    @given(TEXTS, st.sets(st.integers(0, 60)), st.booleans())
    def test_of_the_pieces_of_a_text_are_found_again(self, text: str, edges: set[int], is_bare: bool) -> None:
        spans = pieces(text, edges, is_bare=is_bare)
        assert found([text[start:end] for start, end in spans], text) == spans

    def test_of_what_is_not_there_are_none(self) -> None:
        assert found(["b", "a"], "ab") is None
