import pytest

from claims_api.models.words import Basis, Stance
from claims_api.schemas.formats import evidence_csv
from claims_api.services.anchoring import Quote
from claims_api.services.evidence import NewEvidence
from claims_api.services.imports.incoming import ExistingId, Incoming, Worded
from claims_api.services.sources import NewSource
from claims_api.services.speakers import NewSpeaker
from tests.schemas.records import Found, new, of_bytes, refused

ID = "0199f6a1-0000-7000-8000-000000000000"


def read(table: str) -> list[Found]:
    return list(evidence_csv.records(of_bytes(table.encode())))


def link(table: str) -> Incoming:
    [found] = [each for each in read(table) if isinstance(each, Incoming) and isinstance(each.new, NewEvidence)]
    return found


class TestClaims:
    @pytest.mark.parametrize(
        ("column", "cell", "kind"),
        [("claim_id", ID, ExistingId), ("claim_id", "17", str), ("claim", "no date was set", Worded)],
    )
    def test_are_named_by_id_key_or_text(self, column: str, cell: str, kind: type) -> None:
        of = link(f"{column},stance,quote,source_id\n{cell},supports,q,s\n").of
        assert (of, type(of)) == (cell, kind)

    def test_must_be_named(self) -> None:
        [(line, detail)] = refused(read("stance,quote,source_id\nsupports,q,s\n"))
        assert (line, detail[:17]) == (2, "Say of which clai")


class TestSources:
    def test_are_named_by_id(self) -> None:
        found = link(f"claim_id,stance,quote,source_id\nc,supports,q,{ID}\n").new
        assert isinstance(found, NewEvidence)
        assert (found.source_id, type(found.source_id)) == (ID, ExistingId)

    def test_are_named_by_url_and_made_where_they_are_not_there(self) -> None:
        found = read("claim_id,stance,quote,url,publisher\nc,supports,q,https://example.org/a,The News\n")
        [source] = new(found, NewSource)
        assert (source.title, source.url, source.publisher) == ("https://example.org/a",) * 2 + ("The News",)
        assert [each.source_id for each in new(found, NewEvidence)] == ["https://example.org/a"]

    def test_may_have_a_very_long_url(self) -> None:
        url = "https://example.org/" + "x" * 1_500
        found = read(f"claim_id,stance,quote,url\nc,supports,q,{url}\n")
        [source] = new(found, NewSource)
        assert (source.url, source.title, refused(found)) == (url, url[:500], [])

    @pytest.mark.parametrize("column", ["claim_id", "source_id", "stated_by_id", "external_id"])
    def test_have_keys_of_some_length(self, column: str) -> None:
        cells = {"claim_id": "c", "source_id": "s", "stated_by": "A", "stance": "supports", "quote": "q"}
        cells[column] = "k" * 1_001
        [(line, detail)] = refused(read(f"{','.join(cells)}\n{','.join(cells.values())}\n"))
        assert (line, "up to 1000 characters" in detail) == (2, True)

    def test_that_many_rows_name_come_once(self) -> None:
        found = read("claim_id,stance,quote,source\nc,supports,q,A report\nc,supports,r,A report\n")
        assert (len(new(found, NewSource)), len(new(found, NewEvidence))) == (1, 2)

    def test_must_be_named(self) -> None:
        [(line, detail)] = refused(read("claim_id,stance,quote\nc,supports,q\n"))
        assert (line, detail[:21]) == (2, "Say from which source")


class TestRows:
    def test_are_links(self) -> None:
        names = "claim_id,stance,basis,quote,prefix,suffix,start,end,source_id,stated_by,group,note,credibility"
        found = link(f"{names}\nc,contradicts,attribution,q,p,s,3,4,doc,Facebook posts,a,'=n,2\n").new
        assert found == NewEvidence(
            Stance.CONTRADICTS,
            Basis.ATTRIBUTION,
            source_id="doc",
            quote=Quote("q", "p", "s", start=3, end=4, hints=True),
            stated_by=NewSpeaker("Facebook posts"),
            group="a",
            note="=n",
            credibility=2,
        )

    def test_have_the_words_of_others_for_stances(self) -> None:
        found = link("claim_id,relation,excerpt,source_id\nc,REFUTES,q,doc\n").new
        assert isinstance(found, NewEvidence)
        assert (found.stance, found.quote.exact) == (Stance.CONTRADICTS, "q")

    @pytest.mark.parametrize("number", ["three", "1e3", "-1", "1.5"])
    def test_with_numbers_that_are_none_are_refused(self, number: str) -> None:
        assert [
            line for line, _ in refused(read(f"claim_id,stance,start,end,source_id\nc,supports,{number},9,s\n"))
        ] == [2]

    def test_keep_ids_and_keys_of_their_own(self) -> None:
        own = link(f"id,claim_id,stance,quote,source_id\n{ID},c,supports,q,s\n").key
        others = link("external_id,claim_id,stance,quote,source_id\n17,c,supports,q,s\n").key
        assert (own, type(own), others, type(others)) == (ID, ExistingId, "17", str)
