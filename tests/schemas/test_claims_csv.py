import pytest

from claims_api.errors import Invalid
from claims_api.models.words import ClaimStatus, SpeakerKind, Verdict
from claims_api.schemas.formats import claims_csv
from claims_api.services.assessments import NewAssessment
from claims_api.services.claims import NewClaim
from claims_api.services.imports.incoming import ExistingId, Incoming
from claims_api.services.speakers import NewSpeaker
from tests.schemas.records import Found, left_out, new, of_bytes, refused

ID = "0199f6a1-0000-7000-8000-000000000000"


def read(table: str, **columns: str) -> list[Found]:
    return list(claims_csv.records(of_bytes(table.encode()), columns))


def keys(table: str) -> list[str]:
    return [each.key for each in read(table) if isinstance(each, Incoming) and isinstance(each.new, NewClaim)]


class TestRows:
    def test_are_claims(self) -> None:
        [claim] = new(
            read('Statement;Claimant;Date;Tags\n"no; date";Facebook posts;2020-10;"summit; trade"\n'), NewClaim
        )
        stated = (claim.text, claim.speaker, claim.claim_date, claim.topics)
        assert stated == ("no; date", NewSpeaker("Facebook posts"), "2020-10", ["summit", "trade"])

    def test_may_say_much(self) -> None:
        names = "text,speaker,speaker_kind,claim_type,language,location,status,topics"
        [claim] = new(read(f"{names}\na,B,organization,causal,pt-BR,Oslo,published,x; y\n"), NewClaim)
        stated = (claim.speaker, claim.language, claim.location, claim.status, claim.topics)
        assert stated == (
            NewSpeaker("B", SpeakerKind.ORGANIZATION), "pt-BR", "Oslo", ClaimStatus.PUBLISHED, ["x", "y"],
        )  # fmt: skip

    def test_take_off_what_makes_formulas_harmless(self) -> None:
        [claim] = new(read("text,speaker\n'=1+1,'tis I\n"), NewClaim)
        assert (claim.text, claim.speaker) == ("=1+1", NewSpeaker("'tis I"))

    def test_without_a_claim_are_reported(self) -> None:
        assert refused(read("claim,speaker\n,A\n b ,\n  ,C\n")) == [
            (2, "This claim has no text."),
            (4, "This claim has no text."),
        ]

    @pytest.mark.parametrize("date", ["31-10-2020", "10/31/2020", "31.10.2020"])
    def test_with_dates_in_another_order_are_refused_by_the_name_of_their_column(self, date: str) -> None:
        [record] = read(f"claim,When\na,{date}\n")
        assert record.failure.path == ("When",)  # type: ignore[union-attr]  # it cannot be read
        assert "2025-10-21" in record.failure.detail  # type: ignore[union-attr]

    def test_that_are_wrong_do_not_stop_those_behind_them(self) -> None:
        found = read("claim,status\na,lost\nb,draft\n")
        assert ([line for line, _ in refused(found)], [each.text for each in new(found, NewClaim)]) == ([2], ["b"])


class TestKeys:
    def test_are_ids_of_this_service_where_they_look_so(self) -> None:
        [key] = keys(f"id,text\n{ID},a\n")
        assert (key, type(key)) == (ID, ExistingId)

    @pytest.mark.parametrize("name", ["id", "external_id", "key"])
    def test_are_those_of_others(self, name: str) -> None:
        [key] = keys(f"{name},text\n17,a\n")
        assert (key, type(key)) == ("17", str)

    def test_are_else_what_makes_the_claim(self) -> None:
        first, second, again = keys("text,speaker\na,A\na,B\na,A\n")
        assert (first == again, first == second) == (True, False)


class TestSpeakers:
    def test_with_ids_are_records_of_their_own_and_come_once(self) -> None:
        found = read(f"text,speaker,speaker_id,speaker_kind\na,A,{ID},group\nb,A,{ID},group\n")
        assert new(found, NewSpeaker) == [NewSpeaker("A", SpeakerKind.GROUP)]
        assert [(each.speaker, each.speaker_id) for each in new(found, NewClaim)] == [(None, ID)] * 2


class TestVerdicts:
    def test_are_assessments(self) -> None:
        found = read("claim,rating,explanation,reviewer\na,REFUTES,So.,Checkers\nb,,,\n")
        [assessment] = new(found, NewAssessment)
        stated = (assessment.verdict, assessment.rating_label, assessment.explanation, assessment.reviewer)
        assert stated == (Verdict.REFUTED, "REFUTES", "So.", "Checkers")

    def test_in_our_own_words_are_no_labels(self) -> None:
        [assessment] = new(read("claim,verdict\na,refuted\n"), NewAssessment)
        assert (assessment.verdict, assessment.rating_label) == (Verdict.REFUTED, None)

    def test_that_are_wrong_refuse_their_row_as_a_whole(self) -> None:
        found = read("claim,verdict,assessed_at\na,refuted,31-10-2020\nb,,\n")
        assert ([line for line, _ in refused(found)], [each.text for each in new(found, NewClaim)]) == ([2], ["b"])

    def test_that_are_not_known_are_left_out(self) -> None:
        found = read("claim,verdict\na,Satire\n")
        assert (len(new(found, NewClaim)), left_out(found)) == (1, ["'Satire' tells no verdict that is known here."])


class TestColumns:
    def test_are_what_the_caller_says(self) -> None:
        [claim] = new(read("Aussage,Wer\na,A\n", Aussage="text", Wer="speaker"), NewClaim)
        assert (claim.text, claim.speaker) == ("a", NewSpeaker("A"))

    def test_cannot_be_what_there_is_not(self) -> None:
        with pytest.raises(Invalid):
            read("a\nb\n", a="cat")

    def test_that_follow_from_others_are_passed_over(self) -> None:
        found = read("text,derived_verdict,supports,created_at,version\na,supported,7,2020,3\n")
        assert (len(found), left_out(found)) == (1, [])
