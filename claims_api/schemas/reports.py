"""Reports in JSON: what a newer text did to the passages of its source, and to the claims that rest on them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from marshmallow import fields

from claims_api.models.words import LOST, AnchorState, Basis, Edit, OrphanedBecause, Stance, Verdict
from claims_api.queries.rows import AnyRow
from claims_api.schemas.base import Output
from claims_api.schemas.fields import Identity, Word
from claims_api.schemas.refs import ClaimRefOut, NowOut, label
from claims_api.schemas.versions import VersionOut
from claims_api.services.deriving import Tally, derive
from claims_api.services.texts.differences import letter_differences

_COUNTED = AnchorState.EXACT, AnchorState.MOVED, *LOST


class StateCountsOut(Output):
    """How many passages were found how."""

    exact = fields.Integer(required=True, metadata={"description": "At the same place."})
    moved = fields.Integer(required=True, metadata={"description": "The same words elsewhere."})
    changed = fields.Integer(required=True, metadata={"description": "Other words; to be confirmed by a person."})
    orphaned = fields.Integer(required=True, metadata={"description": "Nowhere, or nobody can tell where."})


class AsQuotedOut(Output):
    """A passage as it was quoted."""

    id = Identity(required=True)
    exact = fields.String(required=True)
    start = fields.Integer(required=True, allow_none=True)
    end = fields.Integer(required=True, allow_none=True)
    version = fields.Integer(
        required=True, allow_none=True, metadata={"description": "Number of the version that it was quoted from."}
    )


class RewordingOut(Output):
    """A stretch of the wording that was quoted, and what stands there now."""

    op = Word(Edit, required=True)
    was = fields.String(required=True)
    now = fields.String(required=True)


class FoundOut(Output):
    """How a passage was found in the version."""

    passage = fields.Nested(AsQuotedOut, required=True)
    anchor_state = Word(AnchorState, required=True)
    orphaned_because = Word(
        OrphanedBecause,
        required=True,
        allow_none=True,
        description="`gone`: nothing like it stands there; `ambiguous`: it stands in several places, or in fewer "
        "than it did, and nothing tells which are meant.",
    )
    now = fields.Nested(NowOut, required=True, allow_none=True)
    difference = fields.List(
        fields.Nested(RewordingOut),
        required=True,
        allow_none=True,
        metadata={"description": "Of a changed one: both wordings, character by character; else null."},
    )


class RestingOut(Output):
    """Whether what follows from the links of one basis still rests on what stands in its sources."""

    verdict = Word(Verdict, required=True, description="The derived verdict, as the claim has it.")
    rests_on_lost = fields.Boolean(
        required=True,
        metadata={
            "description": "Whether a link that bears on it has a passage that is orphaned, or changed and unconfirmed."
        },
    )
    without_lost = Word(Verdict, required=True, description="The verdict if those links were left out.")


class ClaimHitOut(Output):
    """A claim that such a passage bears on."""

    claim = fields.Nested(ClaimRefOut, required=True)
    passage_ids = fields.List(
        Identity(), required=True, metadata={"description": "The changed and orphaned passages that it has here."}
    )
    assessment = fields.Nested(
        RestingOut, required=True, metadata={"description": "Whether it is so: by links of the basis `content`."}
    )
    attribution = fields.Nested(
        RestingOut, required=True, metadata={"description": "Whether it was said: by links of the basis `attribution`."}
    )


class ReportOut(Output):
    """What a newer text did: the passages as they were found in it, the claims as they stand at present."""

    version = fields.Nested(VersionOut, required=True)
    unchanged = fields.Boolean(
        required=True, metadata={"description": "The source has this very text already: no version was made."}
    )
    counts = fields.Nested(StateCountsOut, required=True)
    passages = fields.List(fields.Nested(FoundOut), required=True, metadata={"description": "In reading order."})
    claims = fields.List(
        fields.Nested(ClaimHitOut),
        required=True,
        metadata={"description": "Those with evidence from, or first seen in, changed and orphaned passages."},
    )


def report(version: Mapping[str, Any], passages: Sequence[AnyRow], links: Sequence[AnyRow]) -> dict[str, Any]:
    """Return the report of a version, made of the rows that ``queries.reports`` gives."""
    found = sorted((_found(row) for row in passages), key=_place)
    lost = {each["passage"]["id"] for each in found if each["anchor_state"] in LOST}
    states = [each["anchor_state"] for each in found]
    return {
        "version": version,
        "unchanged": False,
        "counts": {state.value: states.count(state) for state in _COUNTED},
        "passages": found,
        "claims": _hits(links, lost),
    }


def unchanged(version: Mapping[str, Any]) -> dict[str, Any]:
    """Return the report that answers a text which the source has already: no passages and no claims."""
    return {**report(version, [], []), "unchanged": True}


def _found(row: AnyRow) -> dict[str, Any]:
    state, now = row.state, row.state["now"]
    is_changed = state["anchor_state"] == AnchorState.CHANGED
    return {
        "passage": {
            "id": row.id,
            "exact": state["exact"],
            "start": state["start"],
            "end": state["end"],
            "version": row.version,
        },
        "anchor_state": state["anchor_state"],
        "orphaned_because": state["orphaned_because"],
        "now": now,
        "difference": _difference(state["exact"], now["exact"]) if is_changed else None,
    }


def _place(found: Mapping[str, Any]) -> int:
    # What was quoted from several versions has its order from the newest text; what is lost stays about where it was.
    start = (found["now"] or found["passage"])["start"]
    return -1 if start is None else int(start)


def _difference(was: str, now: str) -> list[dict[str, str]]:
    return [
        {"op": each.op, "was": was[each.old_start : each.old_end], "now": now[each.new_start : each.new_end]}
        for each in letter_differences(was, now)
    ]


def _hits(links: Sequence[AnyRow], lost: set[str]) -> list[dict[str, Any]]:
    by_claim: dict[str, list[AnyRow]] = defaultdict(list)
    for row in links:
        by_claim[row.claim_id].append(row)
    hits = (_hit(rows, lost) for rows in by_claim.values())
    return [each for each in hits if each["passage_ids"]]


def _hit(links: Sequence[AnyRow], lost: set[str]) -> dict[str, Any]:
    claim = links[0]
    named = {claim.first_appearance_id, *(row.passage_id for row in links)}
    return {
        "claim": {"id": claim.claim_id, "label": label(claim.speaker_name, claim.text)},
        "passage_ids": sorted(named & lost),
        "assessment": _resting(links, Basis.CONTENT),
        "attribution": _resting(links, Basis.ATTRIBUTION),
    }


def _resting(links: Sequence[AnyRow], basis: Basis) -> dict[str, Any]:
    bearing = [row for row in links if row.basis == basis and row.stance != Stance.MENTIONS]
    standing = [row for row in bearing if not row.is_lost]
    return {
        "verdict": _verdict(bearing, basis),
        "rests_on_lost": len(standing) < len(bearing),
        "without_lost": _verdict(standing, basis),
    }


def _verdict(links: Sequence[AnyRow], basis: Basis) -> Verdict:
    stances = [row.stance for row in links]
    tally = Tally(stances.count(Stance.SUPPORTS), stances.count(Stance.CONTRADICTS))
    return derive(tally, basis).verdict
