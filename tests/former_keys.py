"""What former rules of ``text.name_key`` kept: keys in which Hebrew's own marks, and the i without a dot, stand."""

from typing import NamedTuple

from sqlalchemy import update

from claims_api.db import Database
from claims_api.models.assessments import Assessment
from claims_api.models.claims import Claim
from claims_api.models.search import Filling
from claims_api.models.speakers import Speaker, SpeakerName
from claims_api.models.topics import Topic
from claims_api.models.words import SpeakerKind, Verdict
from claims_api.services import ledger, tallying

NAME, TYPED = "צה״ל", 'צה"ל'


class Former(NamedTuple):
    """The ids of a topic and a speaker of one name."""

    topic: str
    speaker: str


def keep_former(database: Database, name: str = NAME, *aliases: str) -> Former:
    """Keep a topic and a speaker; by the former rules their keys are their names in lower case."""
    with database.writing() as session:
        topic = Topic(name=name, key=name.lower())
        speaker = Speaker(name=name, kind=SpeakerKind.PERSON, aliases=list(aliases))
        session.add_all([topic, speaker])
        session.flush()
        session.add_all(SpeakerName(speaker_id=speaker.id, key=each.lower()) for each in (name, *aliases))
        return Former(topic.id, speaker.id)


def keep_former_assessment(database: Database, claim_id: str, verdict: Verdict, reviewer: str) -> str:
    with database.writing() as session:
        claim = session.get_one(Claim, claim_id)
        made = Assessment(
            claim_id=claim_id,
            verdict=verdict,
            reviewer=reviewer,
            reviewer_key=reviewer.lower(),
            assessed_at=ledger.moment(session),
        )
        session.add(made)
        tallying.recount_assessments(session, claim)
        return made.id


def by_former_rules(database: Database) -> None:
    """Say that the index was made by former rules, as it was where such keys are."""
    with database.writing() as session:
        session.execute(update(Filling).values(made_by="terms/3"))
