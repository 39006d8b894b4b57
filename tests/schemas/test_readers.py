"""Whatever stands in a file, its reader makes records of it, or says what is wrong: none of them breaks."""

import copy
import random
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import orjson
import pytest

from claims_api.errors import Failure, pointer
from claims_api.schemas import examples
from claims_api.schemas.formats import (
    annotation_records,
    bundles,
    claim_review_records,
    claims_csv,
    evidence_csv,
    fever,
    neutral,
)
from claims_api.schemas.formats.keyed import LONGEST_KEY
from claims_api.services.imports.incoming import LeftOut, Records, Unreadable
from tests.schemas.records import Reader, lines, of_bytes

OURS = "urn:uuid:0199f6a1-0000-7000-8000-000000000000"
MUTATIONS = 2_000
# What nobody expects in the place of something else.
ODD: list[Any] = [
    None, True, 0, -1, 7, 1.5, 1e300, 2**70, "", " ", "x", "\u0663", "9" * 5_000, "x" * 3_000,
    "credibility:" + "9" * 5_000, "31-10-2020", "http://[", "https://a.example/" + "x" * 2_500, OURS,
    "a\ud7ffb", [], {}, [[]], [None], [{}], {"": None}, {"@id": ["x"]}, {"@id": {}}, {"@id": 5},
    {"id": ["x"]}, {"id": {}}, {"name": [[]]}, {"value": {}}, {"@type": [[]], "type": {}}, {"source": [{}]},
    {"items": {}}, {"@graph": [[]]}, ["x", "x"],
]  # fmt: skip
WORK = {"@type": "CreativeWork", "url": "https://social.example/1", "name": "A post", "publisher": {"name": "S"}}
REVIEW = {
    "@type": "ClaimReview",
    "@id": OURS,
    "url": "https://facts.example/1",
    "claimReviewed": "No date was set",
    "datePublished": "2025-10-22T12:00:00+0200",
    "author": {"@id": "#them"},
    "itemReviewed": {
        "@type": "Claim",
        "@id": OURS,
        "author": [{"@type": "Person", "name": "A", "sameAs": "https://a.example"}, "B"],
        "datePublished": "2025-10-21",
        "inLanguage": {"alternateName": "en"},
        "firstAppearance": WORK,
        "appearance": [WORK, "https://social.example/2", {"@id": "#them"}],
    },
    "reviewRating": {
        "ratingValue": "1",
        "bestRating": 5,
        "worstRating": 1,
        "alternateName": "Falso",
        "additionalType": "x",
    },
}
GOOGLE = {
    "text": "No date was set",
    "claimant": "A",
    "claimDate": "2025-10-21T00:00:00Z",
    "claimReview": [
        {"publisher": {"name": "F", "site": "f.example"}, "url": "https://f.example/1", "reviewDate": "2025-10-22",
         "textualRating": "False", "languageCode": "en"}
    ],
}  # fmt: skip
SELECTORS = [
    {"type": "TextQuoteSelector", "exact": "No date was set", "prefix": "ended. ", "suffix": ", the",
     "refinedBy": {"type": "TextPositionSelector", "start": 3, "end": 7}},
    {"type": "TextPositionSelector", "start": 17, "end": 32, "refinedBy": {"type": "TextQuoteSelector", "exact": "s"}},
    {"type": "RangeSelector", "startSelector": {"type": "XPathSelector", "value": "/p"},
     "endSelector": {"type": "XPathSelector", "value": "/p"}},
]  # fmt: skip
ANNOTATION = {
    "@context": "http://www.w3.org/ns/anno.jsonld",
    "id": "https://notes.example/1",
    "type": "Annotation",
    "created": "2015-01-28T12:00:00Z",
    "creator": {"id": "https://notes.example/ann", "name": "Ann"},
    "motivation": "linking",
    "body": [
        {"type": "SpecificResource", "purpose": "linking",
         "source": {"id": OURS, "type": "schema:Claim", "schema:text": "no date was set", "language": "en",
                    "schema:author": {"schema:name": "A"}, "schema:datePublished": "2025"}},
        {"type": "SpecificResource", "purpose": "identifying", "source": {"schema:name": "A spokesman"}},
        {"type": "TextualBody", "purpose": "classifying", "value": "supports"},
        {"type": "TextualBody", "purpose": "tagging", "value": "credibility:2"},
        {"id": "https://notes.example/3", "purpose": "tagging"},
        {"type": "Choice", "items": [{"id": "https://notes.example/2"}, {"type": "TextualBody", "value": "x"}]},
    ],
    "target": {"source": "https://news.example/1", "schema:name": "A report", "selector": SELECTORS},
}  # fmt: skip
ROW = {
    "id": "row",
    "uri": "https://news.example/1",
    "text": "Really?",
    "tags": ["contradicts", "claim: no date was set", "credibility:2"],
    "document": {"title": ["A report"]},
    "references": [],
    "target": [{"source": "https://news.example/1", "selector": SELECTORS}],
}
NEUTRAL = [
    {"kind": "source", "key": "s", "title": "T", "text": "No date.", "author": ["A"], "url": "https://a.example",
     "published_at": "2020", "retrieved_at": "2020-10-31T12:00:00Z", "language": "en", "type": "article"},
    {"kind": "claim", "key": 1, "text": "a", "speaker": {"name": "B", "kind": "person"}, "date": "2020-10-31",
     "topics": ["x"], "label": "REFUTES", "status": "draft"},
    {"kind": "evidence", "claim_key": 1, "source_key": "s", "quote": "No", "start": 0, "end": 2, "stance": "SUPPORT",
     "stated_by": "C", "credibility": 2, "group": "g", "key": "e"},
    {"kind": "label", "claim_key": 1, "label": "true", "reviewer": "R", "assessed_at": "2020-10-31T12:00:00Z"},
]  # fmt: skip
FEVER = [
    {"doc_id": 4, "title": "T", "abstract": ["One.", "Two."], "text": "One. Two.", "url": "https://a.example"},
    {"id": "Page", "text": "One .", "lines": "0\tOne .\tOne\n1\tTwo ."},
    {"id": 1, "claim": "c", "evidence": {"4": [{"sentences": [0, 1], "label": "SUPPORT", "group": "g"}]}},
    {"id": 2, "claim": "c", "label": "REFUTES", "evidence": [[[1, 2, "Page", 0], [1, 2, "Page", 1]]]},
    {"claim_id": 3, "claim": "c", "claim_label": 1,
     "evidences": [{"evidence_label": 0, "article": "A", "evidence": "e", "url": "https://b.example", "group": "g"}]},
    {"claim": "c", "label": "Refuted", "justification": "j", "claim_date": "2020-10-31", "speaker": "S",
     "claim_types": ["Causal Claim"], "location_ISO_code": "US", "fact_checking_article": "https://f.example",
     "questions": [{"question": "q", "answers": [{"answer": "a", "answer_type": "Extractive",
                                                  "source_url": "https://c.example",
                                                  "cached_source_url": "https://d.example"}]}]},
]  # fmt: skip
READERS: dict[str, tuple[Reader, list[Any]]] = {
    "claim-review": (
        claim_review_records.records,
        [REVIEW, GOOGLE, {"@graph": [REVIEW, {"@id": "#them", "name": "Them"}]},
         {"dataFeedElement": [{"item": [REVIEW]}]}],
    ),
    "web-annotation": (
        annotation_records.records,
        [ANNOTATION, ROW, {"rows": [ROW]}, {"@context": ANNOTATION["@context"], "type": "AnnotationPage",
         "id": OURS, "items": [ANNOTATION]}],
    ),
    "neutral": (neutral.records, [NEUTRAL]),
    "fever": (fever.records, [FEVER]),
}  # fmt: skip
TABLES: dict[str, tuple[Reader, bytes]] = {
    "claims-csv": (
        claims_csv.records,
        b'id,text,speaker,speaker_id,speaker_kind,claim_date,topics,verdict,rating_label,assessed_at\r\n'
        b'1,"a, b",A,7,person,2020,"x; y",refuted,False,2020-10-31T12:00:00Z\r\n',
    ),
    "evidence-csv": (
        evidence_csv.records,
        b"id;claim_id;claim;stance;quote;start;end;source_id;source_url;stated_by;stated_by_id;credibility\n"
        b"1;2;c;supports;'=q;0;2;s;https://a.example;B;7;2\n",
    ),
}  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield (*path, name)
        yield from places(each, (*path, name))


def mutated(chance: random.Random, document: Any) -> Any:
    """Return a document in which one or two things are something else, or missing, or there twice."""
    document = copy.deepcopy(document)
    for _ in range(chance.choice((1, 1, 2))):
        *path, last = chance.choice(list(places(document)))
        holder = document
        for name in path:
            holder = holder[name]
        match chance.randrange(10):
            case 0:
                del holder[last]
            case 1:
                holder[last] = [holder[last], holder[last]]
            case _:
                holder[last] = copy.deepcopy(chance.choice(ODD))
        if not list(places(document)):
            break
    return document


def mangled(chance: random.Random, table: bytes) -> bytes:
    mangled = bytearray(table)
    for _ in range(chance.randrange(1, 4)):
        at = chance.randrange(len(mangled))
        mangled[at : at + chance.choice((0, 1, 1, 5))] = chance.choice(
            (b"", b'"', b"'", b"\r", b"\n", b"\0", b"\xff", b",", b";", b"\t", b"=", b"9" * 5_000, b"a" * 140_000)
        )
    return bytes(mangled)


def well_told(found: Records) -> None:
    """Check that a report can tell of all that was found."""
    for each in found:
        failure = each.failure if isinstance(each, Unreadable) else None
        detail = failure.detail if failure else each.detail if isinstance(each, LeftOut) else ""
        path = (*each.path, *((failure.path or ()) if failure else ()))
        assert each.key is None or len(each.key) <= LONGEST_KEY, each.key[:50]
        orjson.dumps([each.line, each.key, detail, pointer(path)])
        assert len(detail) < 1_000, detail[:200]


class TestReaders:
    @pytest.mark.parametrize("name", READERS)
    def test_take_anything(self, name: str) -> None:
        reader, documents = READERS[name]
        chance = random.Random(name)  # noqa: S311  # the same each time
        for turn in range(MUTATIONS):
            document = mutated(chance, documents[turn % len(documents)])
            given = lines(*document) if isinstance(document, list) else lines(document)
            well_told(reader(given))

    @pytest.mark.parametrize("name", TABLES)
    def test_take_any_table(self, name: str) -> None:
        reader, table = TABLES[name]
        chance = random.Random(name)  # noqa: S311
        for _ in range(MUTATIONS // 2):
            well_told(reader(of_bytes(mangled(chance, table))))

    def test_take_any_bundle(self) -> None:
        documents = [orjson.loads(line) for line in examples.BUNDLE.splitlines()]
        chance = random.Random("bundle")  # noqa: S311
        for _ in range(MUTATIONS):
            with suppress(Failure):  # which refuses all of it
                well_told(bundles.opened(iter(lines(*mutated(chance, documents))))[1])
