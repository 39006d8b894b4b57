"""Requests for the explorer; a test sends each as it stands against the demo dossier (seeds/)."""

import datetime as dt

from claims_api.ids import derived_id

Examples = dict[str, dict[str, object]]

DEMO = "budapest-summit"
DEMO_DATE = dt.datetime(2025, 10, 22, tzinfo=dt.UTC)


def _demo(kind: str, key: str) -> str:
    return derived_id(DEMO_DATE, DEMO, kind, key)


def _example(summary: str, value: dict[str, object]) -> dict[str, object]:
    return {"summary": summary, "value": value}


SOURCE_ID = _demo("source", "called-off")

# By name of a path parameter.
PATH = {
    "speaker_id": _demo("speaker", "kremlin"),
    "topic_id": _demo("topic", "summit"),
    "source_id": SOURCE_ID,
    "passage_id": _demo("passage", "hall-until-sunday"),
    "claim_id": _demo("claim", "kremlin-no-date"),
    "evidence_id": _demo("evidence", "kremlin-no-date/0"),
    "assessment_id": _demo("assessment", "kremlin-no-date/0"),
    "relation_id": _demo("relation", "trump-canceled/contradicts/kremlin-no-date"),
    "key_id": _demo("key", "desk"),
    "number": 1,
    "other_number": 1,
    "code": "quote-not-found",
    "asset": "swagger-ui.css",
}
PATH_MEANINGS = {
    "speaker_id": "Id of a speaker.",
    "topic_id": "Id of a topic.",
    "source_id": "Id of a source.",
    "passage_id": "Id of a passage.",
    "claim_id": "Id of a claim.",
    "evidence_id": "Id of a link.",
    "assessment_id": "Id of an assessment.",
    "relation_id": "Id of a relation.",
    "key_id": "Id of a key (not the key itself).",
    "number": "Number of the version, from 1.",
    "other_number": "Number of the version that it is compared with, from 1.",
    "code": "Code of a type of problem, the last word of its `type`.",
    "asset": "Name of the file.",
}
# Things that nothing cites.
PATH_OF_DELETE = {
    **PATH,
    "speaker_id": _demo("speaker", "press-pool"),
    "topic_id": _demo("topic", "energy"),
    "source_id": _demo("source", "joint-statement"),
    "passage_id": _demo("passage", "moscow-expectations"),
}
# The one source that has been changed.
PATH_OF_VERSIONS = {**PATH, "source_id": _demo("source", "hall-notice"), "number": 2}


def things(path: str, method: str) -> dict[str, object]:
    """Return the example values of the parameters in an operation's path, by name."""
    if method == "delete":
        return PATH_OF_DELETE
    return PATH_OF_VERSIONS if "/versions" in path else PATH


SPEAKER_IN: Examples = {
    "organization": _example(
        "An organization with another name",
        {"name": "Foreign Ministry of Hungary", "kind": "organization", "aliases": ["KKM"]},
    ),
    "unnamed": _example("Somebody whom the source leaves unnamed", {"name": "a Hungarian diplomat", "kind": "unnamed"}),
}
SPEAKER_PATCH: Examples = {
    "alias": _example("The whole list of aliases anew", {"aliases": ["The Kremlin", "Russian presidency"]})
}
MERGE_IN: Examples = {"into": _example("Two that are one", {"into_id": _demo("speaker", "putin-spokesman")})}
TOPIC_IN: Examples = {"topic": _example("A topic", {"name": "visas", "description": "Entry and transit"})}
TOPIC_PATCH: Examples = {"description": _example("A description", {"description": "The meeting that was called off"})}
SOURCE_IN: Examples = {
    "article": _example(
        "An article with its text",
        {
            "title": "Hosts say the hall stays booked",
            "text": "Budapest keeps the hall ready. “Nobody has told us to cancel,” an organiser said.",
            "publisher": "Example Courier",
            "published_at": "2025-10-23",
            "language": "en",
            "type": "news_article",
        },
    ),
    "page": _example(
        "A page of HTML, which says the rest itself",
        {
            "content_type": "text/html",
            "text": '<html lang="en"><head><title>The hall stays empty</title>'
            '<meta property="og:site_name" content="Example Courier">'
            '<link rel="canonical" href="https://courier.example/2025/hall"></head><body><article>'
            "<h1>The hall stays empty</h1><p>The hosts keep the hall, although nobody has booked it so far.</p>"
            "<p>“We wait for a date,” said the caretaker, who has the keys and counts the chairs.</p>"
            "</article></body></html>",
            "url": "https://www.courier.example/2025/hall/?utm_source=newsletter",
            "type": "news_article",
        },
    ),
    "post": _example(
        "A post of which only the address is known",
        {"title": "A post on the summit", "url": "https://social.example/posts/1", "type": "social_post"},
    ),
}
SOURCE_PATCH: Examples = {"reliability": _example("A mark for reliability", {"reliability": "B"})}
VERSION_IN: Examples = {
    "edited": _example(
        "The same page an hour later",
        {"text": "Budapest keeps the hall ready until Friday.", "retrieved_at": "2025-10-23T09:30:00Z"},
    )
}
PASSAGE_IN: Examples = {
    "quote": _example(
        "By the quote", {"source_id": SOURCE_ID, "exact": "A date had never been fixed, the Kremlin said."}
    ),
    "offsets": _example("By offsets", {"source_id": SOURCE_ID, "start": 1222, "end": 1268}),
}
QUOTED_IN: Examples = {
    "quote": _example(
        "By the words that stand there now", {"exact": "The hall by the river stays booked for the summit until Friday"}
    )
}
EVIDENCE_IN: Examples = {
    "quote": _example(
        "A quote, checked against the source",
        {
            "stance": "supports",
            "basis": "content",
            "source_id": SOURCE_ID,
            "exact": "more had to be prepared first",
            "stated_by": {"name": "Kremlin"},
            "note": "No date while the preparations are not done",
        },
    ),
    "passage": _example(
        "A passage that is kept already", {"stance": "mentions", "passage_id": PATH_OF_DELETE["passage_id"]}
    ),
}
EVIDENCE_PATCH: Examples = {"stance": _example("Another stance", {"stance": "mentions", "note": "On reflection"})}
ASSESSMENT_IN: Examples = {
    "verdict": _example("A verdict", {"verdict": "supported", "explanation": "Two outlets have it from the Kremlin."}),
    "rating": _example(
        "With a rating on a scale, of a published review",
        {
            "verdict": "refuted",
            "rating_label": "Mostly false",
            "rating_value": 2,
            "best_rating": 5,
            "worst_rating": 1,
            "review_url": "https://facts.example/reviews/1",
            "reviewer": "Example Facts",
            "assessed_at": "2025-10-23T09:30:00Z",
        },
    ),
}
RELATION_IN: Examples = {
    "contradicts": _example(
        "The opposite, which holds both ways",
        {
            "type": "contradicts",
            "target_id": _demo("claim", "russia-unwilling"),
            "note": "What was never set was not dropped over anything",
        },
    ),
    "supports": _example(
        "Grounds for another claim", {"type": "supports", "target_id": _demo("claim", "spokesman-nothing-to-postpone")}
    ),
}
RELATION_PATCH: Examples = {"note": _example("Another note", {"note": "What was never set cannot be called off"})}
CLAIM_IN: Examples = {
    "with_evidence": _example(
        "A claim with its evidence, all or nothing",
        {
            "text": "the summit needs more preparation",
            "speaker": {"name": "Kremlin", "kind": "organization"},
            "claim_date": "2025-10-21",
            "claim_type": "position",
            "topics": ["summit"],
            "evidence": [
                {
                    "stance": "supports",
                    "basis": "attribution",
                    "source_id": SOURCE_ID,
                    "exact": "more had to be prepared first",
                    "stated_by": {"name": "Kremlin"},
                }
            ],
        },
    ),
    "label": _example("By its label", {"label": "Kremlin: no hall was booked"}),
}
SIMILAR_IN: Examples = {
    "reworded": _example("In other words", {"text": "a date has never been set for the summit", "speaker": "Kremlin"}),
}
CLAIM_PATCH: Examples = {"status": _example("Another status", {"status": "archived"})}
KEY_IN: Examples = {
    "writer": _example("A key that may read and write", {"name": "newsroom", "scopes": ["write"]}),
    "until": _example(
        "A key that expires", {"name": "election desk", "scopes": ["read"], "expires_at": "2199-12-31T23:59:59Z"}
    ),
}
KEY_ROTATION_IN: Examples = {
    "at_once": _example("The old one ends at once", {}),
    "with_grace": _example("The old one ends in an hour", {"grace_seconds": 3600}),
}

# A bundle of one topic.
BUNDLE = (
    '{"record":"bundle","version":1,"history":false}\n'
    f'{{"record":"topic","id":"{_demo("topic", "harvest")}","name":"harvest","description":null,'
    '"created_at":"2025-10-22T12:00:00Z","updated_at":"2025-10-22T12:00:00Z","created_by":"desk","version":1}\n'
    '{"record":"end","lines":1}\n'
)
