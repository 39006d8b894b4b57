import gzip
from collections.abc import Callable
from typing import Any

import pytest
from werkzeug.test import TestResponse

from claims_api.schemas.formats.lines import MARK
from tests.api.factories import TEXT, Thing, make_claim, make_evidence, make_source, told
from tests.conftest import Api
from tests.problems import assert_problem

CLAIMS, LINKS = "/v1/export/claims.csv", "/v1/export/evidence.csv"
Send = Callable[..., TestResponse]


@pytest.fixture
def send(api: Api) -> Send:
    """Import a table."""

    def post(table: str | bytes, kind: str = "claims", **query: Any) -> TestResponse:
        body = table.encode() if isinstance(table, str) else table
        return api.post(
            "/v1/import", query_string={"format": f"{kind}-csv", **query}, data=body, content_type="text/csv"
        )

    return post


def claims(api: Api) -> list[Thing]:
    found: list[Thing] = api.read("/v1/claims?include=evidence&sort=created_at")["data"]
    return found


class TestExport:
    @pytest.mark.parametrize("path", [CLAIMS, LINKS])
    def test_is_csv_to_be_saved(self, api: Api, path: str) -> None:
        response = api.get(path)
        assert (response.status_code, response.mimetype, response.data.count(b"\r\n")) == (200, "text/csv", 1)
        assert path.rpartition("/")[2] in response.headers["Content-Disposition"]

    @pytest.mark.parametrize("path", [CLAIMS, LINKS])
    def test_bears_a_mark_for_excel_where_it_is_wanted(self, api: Api, path: str) -> None:
        assert [api.get(f"{path}?bom={word}").data.startswith(MARK) for word in ("true", "false")] == [True, False]

    def test_runs_nothing_in_a_spreadsheet(self, api: Api) -> None:
        make_claim(api, text="=HYPERLINK(A1)", speaker={"name": "+1", "kind": "person"})
        assert b",'=HYPERLINK(A1),'+1," in api.get(CLAIMS).data

    def test_is_narrowed_as_claims_are(self, api: Api) -> None:
        make_evidence(api, make_claim(api, text="one"), make_source(api))
        make_claim(api, text="another")
        rows = [api.get(f"{path}?verdict=supported").data.count(b"\r\n") for path in (CLAIMS, LINKS)]
        assert rows == [2, 2]


class TestImport:
    def test_of_what_was_exported_changes_nothing(self, api: Api, send: Send) -> None:
        make_evidence(api, make_claim(api), make_source(api))
        for kind, path in (("claims", CLAIMS), ("evidence", LINKS)):
            assert told(send(api.get(path).data, kind))["created"] == {}

    def test_joins_both_tables_by_the_keys_of_the_first(self, api: Api, send: Send) -> None:
        make_source(api, text=TEXT, url="https://example.org/a")
        send("id;claim;claimant\r\n17;no date was set;Facebook posts\r\n")
        send("claim_id;stance;quote;url\r\n17;SUPPORT;No date was set;https://example.org/a\r\n", "evidence")
        [claim] = claims(api)
        [link] = claim["evidence"]
        assert (claim["label"], link["passage"]["match"]) == ("Facebook posts: no date was set", "exact")

    def test_takes_columns_for_what_they_are_said_to_be(self, api: Api, send: Send) -> None:
        assert told(send("Aussage,Wer,Nr\nA,B,1\n", columns="Aussage:text,Wer:speaker,Nr:-"))["omissions"] == 0
        assert claims(api)[0]["label"] == "B: A"

    @pytest.mark.parametrize("columns", ["Aussage", "Aussage:cat"])
    def test_refuses_columns_that_there_are_not(self, send: Send, columns: str) -> None:
        assert_problem(send("Aussage\nA\n", columns=columns), "invalid", "/columns")

    def test_tells_of_columns_that_it_leaves_out(self, send: Send) -> None:
        [left_out] = told(send("claim,Farbe\nA,rot\n"))["left_out"]
        assert (left_out["line"], left_out["pointer"]) == (1, "/Farbe")

    def test_refuses_dates_that_may_be_two_by_line_and_column(self, api: Api, send: Send) -> None:
        problem = assert_problem(send("claim,Date\nA,2020-10-31\nB,31-10-2020\n"), "invalid", "/Date")
        [error] = problem["errors"]
        assert (error["line"], error["pointer"], claims(api)) == (3, "/Date", [])

    def test_skips_what_is_wrong_where_that_is_wanted(self, api: Api, send: Send) -> None:
        report = told(send("claim,speaker\n,A\nB,C\n", on_error="skip"))
        assert (report["refused"][0]["line"], report["refusals"], [each["text"] for each in claims(api)]) == (
            2,
            1,
            ["B"],
        )

    def test_keeps_line_ends_and_blank_lines_within_cells(self, api: Api, send: Send) -> None:
        send('text,location\n"a\r\n\n\nb",c\n')
        assert claims(api)[0]["text"] == "a\r\n\n\nb"

    def test_takes_what_is_zipped_and_marked(self, api: Api, send: Send) -> None:
        send(gzip.compress(MARK + "text\n\u4e2d\u6587\n".encode()))
        assert claims(api)[0]["text"] == "\u4e2d\u6587"

    def test_refuses_a_gzip_that_breaks_off_whatever_is_to_be_skipped(self, send: Send) -> None:
        broken = gzip.compress(b"text,speaker\nno date,Kremlin\n")[:20]
        assert_problem(send(broken, on_error="skip"), "malformed")

    def test_takes_no_json(self, api: Api) -> None:
        assert_problem(api.post("/v1/import?format=claims-csv", {}), "unsupported-media-type")


class TestAnId:
    """History tells things by their ids alone: what is of two kinds cannot have one."""

    OWN = "0199f6a1-0000-7000-8000-00000000000a"

    def test_of_a_claim_is_taken_for_nothing_else(self, api: Api, send: Send) -> None:
        claim, source = make_claim(api)["id"], make_source(api, "The hall is ready.")["id"]
        row = f"id,claim_id,stance,quote,source_id\r\n{claim},{claim},supports,hall,{source}\r\n"
        assert_problem(send(row, "evidence"), "invalid")

    def test_of_a_speaker_in_the_same_file_is_taken_for_nothing_else(self, api: Api, send: Send) -> None:
        row = f"id,text,speaker,speaker_id\r\n{self.OWN},no date,Kremlin,{self.OWN}\r\n"
        assert_problem(send(row), "invalid")
        assert api.read("/v1/claims")["data"] == []

    def test_of_a_claim_earlier_in_the_same_file_is_taken_for_no_speaker(self, api: Api, send: Send) -> None:
        rows = f"{self.OWN},no date,,\r\n,a date,Kremlin,{self.OWN}\r\n"
        assert_problem(send(f"id,text,speaker,speaker_id\r\n{rows}"), "invalid")

    def test_of_a_speaker_may_stand_in_many_rows(self, api: Api, send: Send) -> None:
        rows = f",no date,Kremlin,{self.OWN}\r\n,a date,Kremlin,{self.OWN}\r\n"
        assert send(f"id,text,speaker,speaker_id\r\n{rows}").status_code == 200
        assert {each["speaker"]["id"] for each in api.read("/v1/claims")["data"]} == {self.OWN}


class TestASourceByItsUrl:
    URL = "https://news.example/1"

    def link(self, api: Api, send: Send) -> TestResponse:
        claim = make_claim(api)["id"]
        row = f"claim_id,stance,quote,source_url\r\n{claim},supports,The hall is ready,{self.URL}\r\n"
        return send(row, "evidence")

    @pytest.fixture(autouse=True)
    def _kept(self, api: Api) -> None:
        make_source(api, "The hall is ready, he said.", url=self.URL)

    def test_is_the_one_whose_text_is_kept(self, api: Api, send: Send) -> None:
        api.made("/v1/sources?allow_duplicate=true", {"title": "mirror", "url": self.URL})
        assert self.link(api, send).status_code == 200
        assert [each["passage"]["match"] for each in api.read("/v1/evidence")["data"]] == ["exact"]

    def test_is_refused_where_several_texts_are_kept(self, api: Api, send: Send) -> None:
        api.made("/v1/sources?allow_duplicate=true", {"title": "mirror", "url": self.URL, "text": "Another text."})
        assert_problem(self.link(api, send), "invalid")
        assert len(api.read("/v1/sources")["data"]) == 2
