"""Any order of changes: the present is as a plain model has it, and no past moment is ever told in another way.

``python -m pytest -p tests.test_states --hypothesis-profile=deep tests/test_states.py`` goes much further.
"""

from dataclasses import dataclass, field
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from werkzeug.test import TestResponse

from claims_api import clock
from claims_api.db import Database
from claims_api.models.words import Basis, ClaimStatus, Stance, Verdict
from tests.api.factories import make_passage, make_source, make_speaker, told
from tests.conftest import Api, emptied
from tests.problems import assert_problem

# Hypothesis asks for the profile of the command line before it sees this file, unless -p names it.
settings.register_profile("deep", max_examples=50, stateful_step_count=2000, deadline=None)
QUICK = settings(max_examples=6, stateful_step_count=25, deadline=None)

EVERYTHING = "/v1/claims?include=evidence&limit=200&sort=created_at"
# Few of each, so that the same ones are met again and again.
QUOTES = ("The talks ended", "No date", "A date was promised")
MOST_CLAIMS = 3
FEW_MOMENTS = 8
VERDICTS = {
    (True, True): "conflicting_evidence",
    (True, False): "supported",
    (False, True): "refuted",
    (False, False): "not_enough_evidence",
}

T = TypeVar("T")
Choice = st.integers(0, 99)
Fields = st.fixed_dictionaries(
    {
        "text": st.sampled_from(["no date was set", "007", 'a "quote" \\', "Лавров 🕊"]),
        "status": st.sampled_from([each.value for each in ClaimStatus]),
        "topics": st.lists(st.sampled_from(["ceasefire", "summit", "winter"]), unique=True),
    }
)
Said = st.fixed_dictionaries(
    {
        "stance": st.sampled_from([each.value for each in Stance]),
        "basis": st.sampled_from([each.value for each in Basis]),
    }
)
Linked = st.dictionaries(st.integers(0, len(QUOTES) - 1), Said, max_size=3)


@dataclass
class Link:
    """A link as the model has it; ``goes`` with its claim where it was deleted with it."""

    id: str
    passage: int
    said: dict[str, str]
    is_live: bool = True
    goes: bool = False


@dataclass
class Opinion:
    """An assessment as the model has it, of the reviewer by number."""

    id: str
    reviewer: int
    day: int
    verdict: str
    is_live: bool = True
    goes: bool = False


@dataclass
class Claim:
    """A claim as the model has it; its speaker by number."""

    id: str
    fields: dict[str, Any]
    speaker: int
    is_live: bool = True
    links: list[Link] = field(default_factory=list)
    opinions: list[Opinion] = field(default_factory=list)

    @property
    def owned(self) -> list[Link | Opinion]:
        return [*self.links, *self.opinions]

    def held(self) -> dict[str, str]:
        """Return the newest verdict of each reviewer, by the assessment's id."""
        live = sorted((each for each in self.opinions if each.is_live), key=lambda each: (each.day, each.id))
        newest = {each.reviewer: each for each in live}
        return {each.id: each.verdict for each in newest.values()}

    def live_link(self, passage: int) -> Link | None:
        return next((link for link in self.links if link.is_live and link.passage == passage), None)

    def verdict(self, basis: str) -> str:
        stances = {link.said["stance"] for link in self.links if link.is_live and link.said["basis"] == basis}
        return VERDICTS["supports" in stances, "contradicts" in stances]


class History(RuleBasedStateMachine):
    """All that clients may do to claims, links, assessments and speakers, on a database that is empty at first."""

    def __init__(self, api: Api, database: Database) -> None:
        super().__init__()
        emptied(database)
        self.api = api
        source = make_source(api)
        self.passages = [make_passage(api, quote, source)["id"] for quote in QUOTES]
        self.speakers = [make_speaker(api, f"speaker {number}") for number in range(3)]
        self.claims: list[Claim] = []
        self.answers: dict[str, bytes] = {}

    @property
    def links(self) -> list[tuple[Claim, Link]]:
        return [(claim, link) for claim in self.claims for link in claim.links]

    @property
    def opinions(self) -> list[tuple[Claim, Opinion]]:
        return [(claim, opinion) for claim in self.claims for opinion in claim.opinions]

    def an_opinion(self, choice: int, *, is_live: bool = True) -> tuple[Claim, Opinion]:
        likely = [(claim, opinion) for claim, opinion in self.opinions if opinion.is_live == is_live]
        return one_of(likely, self.opinions, choice)

    def a_claim(self, choice: int, *, is_live: bool = True) -> Claim:
        return one_of([claim for claim in self.claims if claim.is_live == is_live], self.claims, choice)

    def a_link(self, choice: int, *, is_live: bool = True) -> tuple[Claim, Link]:
        return one_of([(claim, link) for claim, link in self.links if link.is_live == is_live], self.links, choice)

    @precondition(lambda self: len(self.claims) < MOST_CLAIMS)
    @rule(fields=Fields, speaker=st.integers(0, 2), linked=Linked)
    def make_claim(self, fields: dict[str, Any], speaker: int, linked: dict[int, dict[str, str]]) -> None:
        evidence = [{"passage_id": self.passages[passage], **said} for passage, said in linked.items()]
        body = {**fields, "speaker_id": self.speakers[speaker]["id"], "evidence": evidence}
        made = self.api.made("/v1/claims?allow_duplicate=true", body)
        places = {self.passages.index(each["passage"]["id"]): each["id"] for each in made["evidence"]}
        links = [Link(places[passage], passage, said) for passage, said in linked.items()]
        self.claims.append(Claim(made["id"], fields, speaker, links=links))

    @precondition(lambda self: self.claims)
    @rule(choice=Choice, fields=Fields)
    def change_claim(self, choice: int, fields: dict[str, Any]) -> None:
        claim = self.a_claim(choice)
        response = self.api.patch(f"/v1/claims/{claim.id}", fields)
        if done(response, None if claim.is_live else "not-found"):
            claim.fields = fields

    @precondition(lambda self: self.claims)
    @rule(choice=Choice)
    def delete_claim(self, choice: int) -> None:
        claim = self.a_claim(choice)
        response = self.api.delete(f"/v1/claims/{claim.id}")
        if done(response, None if claim.is_live else "not-found"):
            claim.is_live = False
            for each in claim.owned:
                each.goes, each.is_live = each.is_live, False

    @precondition(lambda self: self.claims)
    @rule(choice=Choice)
    def restore_claim(self, choice: int) -> None:
        claim = self.a_claim(choice, is_live=False)
        if done(self.api.post(f"/v1/claims/{claim.id}/restore")) and not claim.is_live:
            claim.is_live = True
            for each in claim.owned:
                each.is_live = each.goes

    @precondition(lambda self: self.claims)
    @rule(choice=Choice, passage=st.integers(0, len(QUOTES) - 1), said=Said)
    def make_link(self, choice: int, passage: int, said: dict[str, str]) -> None:
        claim = self.a_claim(choice)
        body = {"passage_id": self.passages[passage], **said}
        response = self.api.post(f"/v1/claims/{claim.id}/evidence", body)
        refusal = "not-found" if not claim.is_live else "duplicate" if claim.live_link(passage) else None
        if done(response, refusal):
            claim.links.append(Link(told(response)["id"], passage, said))

    @precondition(lambda self: self.links)
    @rule(choice=Choice, said=Said)
    def change_link(self, choice: int, said: dict[str, str]) -> None:
        _, link = self.a_link(choice)
        if done(self.api.patch(f"/v1/evidence/{link.id}", said), None if link.is_live else "not-found"):
            link.said = said

    @precondition(lambda self: self.links)
    @rule(choice=Choice)
    def delete_link(self, choice: int) -> None:
        _, link = self.a_link(choice)
        if done(self.api.delete(f"/v1/evidence/{link.id}"), None if link.is_live else "not-found"):
            link.is_live = False

    @precondition(lambda self: self.links)
    @rule(choice=Choice)
    def restore_link(self, choice: int) -> None:
        claim, link = self.a_link(choice, is_live=False)
        response = self.api.post(f"/v1/evidence/{link.id}/restore")
        taken = not link.is_live and claim.live_link(link.passage) is not None
        if done(response, "cites-deleted" if not claim.is_live else "duplicate" if taken else None):
            link.is_live = True

    @precondition(lambda self: self.claims)
    @rule(choice=Choice, reviewer=st.integers(0, 1), day=st.integers(1, 4), verdict=st.sampled_from(list(Verdict)))
    def assess(self, choice: int, reviewer: int, day: int, verdict: str) -> None:
        claim = self.a_claim(choice)
        body = {"verdict": verdict, "reviewer": f"reviewer {reviewer}", "assessed_at": f"2025-10-0{day}T12:00:00Z"}
        response = self.api.post(f"/v1/claims/{claim.id}/assessments", body)
        if done(response, None if claim.is_live else "not-found"):
            claim.opinions.append(Opinion(told(response)["id"], reviewer, day, verdict))

    @precondition(lambda self: self.opinions)
    @rule(choice=Choice)
    def withdraw(self, choice: int) -> None:
        _, opinion = self.an_opinion(choice)
        if done(self.api.delete(f"/v1/assessments/{opinion.id}"), None if opinion.is_live else "not-found"):
            opinion.is_live = False

    @precondition(lambda self: self.opinions)
    @rule(choice=Choice)
    def bring_back(self, choice: int) -> None:
        claim, opinion = self.an_opinion(choice, is_live=False)
        response = self.api.post(f"/v1/assessments/{opinion.id}/restore")
        if done(response, None if claim.is_live else "cites-deleted"):
            opinion.is_live = True

    @rule(speaker=st.integers(0, 2), number=Choice)
    def rename_speaker(self, speaker: int, number: int) -> None:
        renamed = self.speakers[speaker]
        renamed["name"] = f"speaker {speaker} by name {number}"
        assert done(self.api.patch(f"/v1/speakers/{renamed['id']}", {"name": renamed["name"]}))

    @invariant()
    def the_present_is_that_of_the_model(self) -> None:
        answer = self.api.get(EVERYTHING)
        assert {each["id"]: shown(each) for each in told(answer)["data"]} == {
            claim.id: self.expected(claim) for claim in self.claims if claim.is_live
        }
        self.answers[clock.utcnow().isoformat().replace("+00:00", "Z")] = answer.data

    @invariant()
    def some_of_the_past_is_told_as_ever(self) -> None:
        moments, number = list(self.answers), len(self.answers)
        if number > FEW_MOMENTS:
            moments = [moments[place] for place in (0, number // 2, -2, -1)]
        self.check(moments)

    def teardown(self) -> None:
        self.check(list(self.answers))

    def check(self, moments: list[str]) -> None:
        for moment in moments:
            assert self.api.get(f"{EVERYTHING}&as_of={moment}").data == self.answers[moment], moment

    def expected(self, claim: Claim) -> dict[str, Any]:
        return {
            **claim.fields,
            "topics": sorted(claim.fields["topics"]),
            "speaker": self.speakers[claim.speaker]["name"],
            "links": {link.id: (self.passages[link.passage], link.said) for link in claim.links if link.is_live},
            "verdicts": (claim.verdict("content"), claim.verdict("attribution")),
            "held": claim.held(),
            "disagrees": any(each != claim.verdict("content") for each in claim.held().values()),
        }


def one_of(likely: list[T], everything: list[T], choice: int) -> T:
    """Choose, mostly among the likely ones: the others are refused, or left as they are."""
    things = likely if likely and choice % 5 else everything
    return things[choice // 5 % len(things)]


def done(response: TestResponse, refusal: str | None = None) -> bool:
    """Check that a request is refused with this problem, or else done; tell whether it is done."""
    if refusal is not None:
        assert_problem(response, refusal)
        return False
    assert response.status_code < 300, response.text
    return True


def shown(claim: dict[str, Any]) -> dict[str, Any]:
    """Return what an answer shows of a claim, as the model has it."""
    return {
        **{name: claim[name] for name in ("text", "status", "topics")},
        "speaker": claim["speaker"]["name"],
        "links": {
            link["id"]: (link["passage"]["id"], {name: link[name] for name in ("stance", "basis")})
            for link in claim["evidence"]
        },
        "verdicts": (claim["assessment"]["verdict"], claim["attribution"]["verdict"]),
        "held": {each["id"]: each["verdict"] for each in claim["assessments"]},
        "disagrees": claim["disagrees_with_derived"],
    }


class TestAnyHistory:
    def test_is_shown_as_it_is_and_as_it_was(self, api: Api, database: Database) -> None:
        class OnThisDatabase(History):
            def __init__(self) -> None:
                super().__init__(api, database)

        is_deep = settings.get_current_profile_name() == "deep"
        run_state_machine_as_test(OnThisDatabase, settings=settings.get_profile("deep") if is_deep else QUICK)
