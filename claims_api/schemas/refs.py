"""What one entity shows of another; the only place where schemas nest each other."""

from dataclasses import fields as fields_of
from typing import Any, ClassVar

from marshmallow import fields

from claims_api.models.words import AnchorState, Match, SpeakerKind
from claims_api.schemas.base import Input, Output
from claims_api.schemas.fields import Anything, Exact, Identity, Instant, Text, Whole, Word
from claims_api.schemas.shaping import computed, part
from claims_api.services.anchoring import LONGEST_QUOTE, Quote
from claims_api.services.speakers import LONGEST_NAME, NewSpeaker

LARGEST_TEXT = 1_000_000
# Each character of a URL may be four bytes, each of which is written with three.
LONGEST_CANONICAL_URL = 12 * 2000
# As the numbers of versions in paths, `web.converters` has nine digits.
LARGEST_NUMBER = 999_999_999
ANCHOR_STATE = "How it stands in the newest version."
BASIS = "`content`: the passage bears on what is claimed; `attribution`: on its having been said."
QUOTE_FIELDS = tuple(field.name for field in fields_of(Quote))


class OffsetsOut(Output):
    """A half-open span in one unit."""

    start = fields.Integer(required=True)
    end = fields.Integer(required=True)


class SpeakerRefOut(Output):
    """A speaker, as a claim shows one."""

    id = Identity(required=True)
    name = fields.String(required=True)
    kind = Word(SpeakerKind, required=True)


class StatedByOut(Output):
    """A speaker, as evidence shows one."""

    id = Identity(required=True)
    name = fields.String(required=True)


def label(speaker: str | None, text: str) -> str:
    """Return a claim as a headline shows it: its speaker, if it has one, and its text."""
    return text if speaker is None else f"{speaker}: {text}"


def labelled() -> fields.String:
    """Declare what a headline shows of a claim, made of ``speaker_name`` and ``text``."""
    field = fields.String(required=True, metadata={"description": "`speaker: text`."})
    return computed(field, label, "speaker_name", "text")


class ClaimRefOut(Output):
    """A claim, where another thing shows it."""

    id = Identity(required=True)
    label = labelled()


class SourceRefOut(Output):
    """A source, as a passage shows it."""

    id = Identity(required=True)
    title = fields.String(required=True)
    publisher = fields.String(required=True, allow_none=True)
    url = fields.String(required=True, allow_none=True)
    version = fields.Integer(
        required=True,
        allow_none=True,
        metadata={"description": "Number of the version that holds the passage; null for a source without text."},
    )


class VersionRefOut(Output):
    """A version of a source's text, without the text."""

    number = fields.Integer(required=True)
    sha256 = fields.String(required=True, metadata={"description": "Of the UTF-8 encoded text, in hexadecimal."})
    length = fields.Integer(required=True, metadata={"description": "In Unicode code points."})
    retrieved_at = Instant(required=True)


class NowOut(Output):
    """Where a passage stands in a newer text than the one that it was quoted from."""

    version = fields.Integer(required=True, metadata={"description": "Number of that version."})
    start = fields.Integer(required=True, metadata={"description": "In Unicode code points, from 0."})
    end = fields.Integer(required=True, metadata={"description": "The first one behind."})
    exact = fields.String(required=True, metadata={"description": "The words that stand there."})
    utf16 = fields.Nested(OffsetsOut, required=True, metadata={"description": "The same place in UTF-16 units."})
    utf8 = fields.Nested(OffsetsOut, required=True, metadata={"description": "The same place in UTF-8 bytes."})
    similarity = fields.Float(
        required=True, metadata={"description": "How much these words are like those that were quoted, from 0 to 1."}
    )


def now() -> fields.Nested:
    """Declare where a passage stands now."""
    return fields.Nested(
        NowOut,
        required=True,
        allow_none=True,
        metadata={
            "description": "Where it stands in the newest text, once that is newer than the one it was quoted from; "
            "null where it stands there no more."
        },
    )


class PlaceOut(Output):
    """A passage: a place in a source, with what stands around it."""

    id = Identity(required=True)
    exact = fields.String(required=True, metadata={"description": "The source's own words."})
    prefix = fields.String(required=True, metadata={"description": "Up to 32 code points before."})
    suffix = fields.String(required=True, metadata={"description": "Up to 32 code points after."})
    start = fields.Integer(required=True, allow_none=True, metadata={"description": "In Unicode code points, from 0."})
    end = fields.Integer(required=True, allow_none=True, metadata={"description": "The first one behind."})
    utf16 = part(
        OffsetsOut,
        present="start",
        allow_none=True,
        metadata={"description": "The same place in UTF-16 units, as JavaScript, Java and C# count."},
    )
    utf8 = part(
        OffsetsOut,
        present="start",
        allow_none=True,
        metadata={"description": "The same place in UTF-8 bytes."},
    )
    match = Word(Match, required=True, description="How the quote was found when it was written.")
    anchor_state = Word(AnchorState, required=True, description=ANCHOR_STATE)
    now = now()
    confirmed_at = Instant(
        required=True,
        allow_none=True,
        description="When a person said that a `changed` passage is the one that was quoted.",
    )
    confirmed_by = fields.String(
        required=True, allow_none=True, metadata={"description": "The name of the key of who said so."}
    )
    source = part(SourceRefOut)


class PassageRefOut(PlaceOut):
    """A passage, as evidence shows it."""


class QuotedIn(Input):
    """How a place is given: by words, by what stands around them, by offsets, or by all of it."""

    exact = Exact(
        most=LONGEST_QUOTE,
        allow_none=True,
        description="The quote; looked for exactly, then without regard to typography.",
    )
    prefix = Anything(
        most=2_000, allow_none=True, description="What stands right before it; decides between several places."
    )
    suffix = Anything(
        most=2_000, allow_none=True, description="What stands right after it; decides between several places."
    )
    occurrence = Whole(least=1, most=1000, allow_none=True, description="Which one of several, counted from 1.")
    start = Whole(
        least=0, most=LARGEST_TEXT, allow_none=True, description="Where it begins, in Unicode code points from 0."
    )
    end = Whole(least=1, most=LARGEST_TEXT, allow_none=True, description="The first code point behind it.")

    @staticmethod
    def quote_of(data: dict[str, Any]) -> Quote:
        """Take the members of a quote out of the data, and return it."""
        return Quote(**{name: data.pop(name) for name in QUOTE_FIELDS if name in data})


class NamedSpeakerIn(Input):
    """A speaker by name: found by that name or alias in any case, else made."""

    makes: ClassVar[type | None] = NewSpeaker

    name = Text(most=LONGEST_NAME, required=True, description="Name or alias.", examples=["Kremlin"])
    kind = Word(
        SpeakerKind,
        description="Used when the speaker is made (`person` when left out), or several share the name.",
    )
