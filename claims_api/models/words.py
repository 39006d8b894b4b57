"""The closed lists of words, each with its origin."""

from enum import StrEnum


class SpeakerKind(StrEnum):
    """Who can say something (schema.org Person and Organization; ``unnamed`` is "a White House official")."""

    PERSON = "person"
    ORGANIZATION = "organization"
    GROUP = "group"
    UNNAMED = "unnamed"


class SourceType(StrEnum):
    """What a source is (after schema.org CreativeWork)."""

    NEWS_ARTICLE = "news_article"
    STATEMENT = "statement"
    SOCIAL_POST = "social_post"
    TRANSCRIPT = "transcript"
    DOCUMENT = "document"
    OTHER = "other"


class Reliability(StrEnum):
    """How far a source can be relied upon, by the letters of the Admiralty scale: A is best, F is not judged."""

    A = "A"
    B = "B"
    C = "C"
    D = "D"
    E = "E"
    F = "F"


class ClaimType(StrEnum):
    """What sort of thing is claimed (AVeriTeC)."""

    EVENT_PROPERTY = "event_property"
    NUMERICAL = "numerical"
    QUOTE_VERIFICATION = "quote_verification"
    CAUSAL = "causal"
    POSITION = "position"


class ClaimStatus(StrEnum):
    """Where a claim stands in the editor's work."""

    DRAFT = "draft"
    PUBLISHED = "published"
    ARCHIVED = "archived"


class Stance(StrEnum):
    """What a passage does to a claim (the labels of SciFact and FEVER; ``mentions`` is from CiTO)."""

    SUPPORTS = "supports"
    CONTRADICTS = "contradicts"
    MENTIONS = "mentions"


class Basis(StrEnum):
    """Whether a passage bears on what is claimed, or on its having been said."""

    CONTENT = "content"
    ATTRIBUTION = "attribution"


class Match(StrEnum):
    """How the quote was found in the source's text when it was written."""

    EXACT = "exact"
    FOLDED = "folded"
    UNVERIFIED = "unverified"


class AnchorState(StrEnum):
    """Whether the passage still stands in its source's newest version."""

    EXACT = "exact"
    MOVED = "moved"
    CHANGED = "changed"
    ORPHANED = "orphaned"
    UNVERIFIED = "unverified"


# In these, the words that were quoted stand in the newest text; in those, they do not.
STANDING = frozenset({AnchorState.EXACT, AnchorState.MOVED})
LOST = (AnchorState.CHANGED, AnchorState.ORPHANED)


class Verdict(StrEnum):
    """What the evidence amounts to, or what a person concludes (AVeriTeC's labels)."""

    SUPPORTED = "supported"
    REFUTED = "refuted"
    CONFLICTING_EVIDENCE = "conflicting_evidence"
    NOT_ENOUGH_EVIDENCE = "not_enough_evidence"


# The rule of ``services.deriving``: (a supporting link is there, a contradicting link is there): what follows.
VERDICTS = {
    (True, False): Verdict.SUPPORTED,
    (False, True): Verdict.REFUTED,
    (True, True): Verdict.CONFLICTING_EVIDENCE,
    (False, False): Verdict.NOT_ENOUGH_EVIDENCE,
}


class Need(StrEnum):
    """What a claim still needs somebody to do."""

    EVIDENCE = "evidence"
    SECOND_ORIGIN = "second_origin"
    CONTENT_EVIDENCE = "content_evidence"
    REANCHORING = "reanchoring"
    ASSESSMENT = "assessment"
    CONFLICT_REVIEW = "conflict_review"


class RelationType(StrEnum):
    """What one claim is to another (the relations of Argdown and CiTO)."""

    CONTRADICTS = "contradicts"
    SUPPORTS = "supports"
    QUALIFIES = "qualifies"
    SUPERSEDES = "supersedes"
    SAME_AS = "same_as"
    RELATED = "related"


# The same, whichever of two claims it is said of.
SYMMETRIC = frozenset({RelationType.CONTRADICTS, RelationType.SAME_AS, RelationType.RELATED})


class Direction(StrEnum):
    """How a relation is seen from one of its claims; ``both`` where its type is symmetric."""

    OUTGOING = "outgoing"
    INCOMING = "incoming"
    BOTH = "both"


class OrphanedBecause(StrEnum):
    """Why a passage is found nowhere in a newer text."""

    GONE = "gone"
    AMBIGUOUS = "ambiguous"


class Edit(StrEnum):
    """What was done to a stretch of text (the opcodes of edit distances)."""

    EQUAL = "equal"
    REPLACE = "replace"
    INSERT = "insert"
    DELETE = "delete"


class ConflictKind(StrEnum):
    """What stands against what: the evidence of one claim, or two claims that are so related."""

    EVIDENCE = "evidence"
    CONTRADICTS = "contradicts"
    SUPERSEDES = "supersedes"


class Scope(StrEnum):
    """What a key may do; each includes the ones before it."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


class Findable(StrEnum):
    """What search finds."""

    CLAIM = "claim"
    SOURCE = "source"
    PASSAGE = "passage"


class Facet(StrEnum):
    """The attributes by which hits of a search are counted."""

    SPEAKER = "speaker"
    TOPIC = "topic"
    VERDICT = "verdict"
    PUBLISHER = "publisher"
    YEAR = "year"


class EntityKind(StrEnum):
    """What the ledger keeps changes of."""

    SPEAKER = "speaker"
    TOPIC = "topic"
    SOURCE = "source"
    PASSAGE = "passage"
    CLAIM = "claim"
    EVIDENCE = "evidence"
    ASSESSMENT = "assessment"
    RELATION = "relation"


class Action(StrEnum):
    """What was done to an entity."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"
    RESTORE = "restore"


# The lists that answers and bodies use.
IN_ANSWERS: tuple[type[StrEnum], ...] = (
    SpeakerKind,
    SourceType,
    Reliability,
    ClaimType,
    ClaimStatus,
    Stance,
    Basis,
    Match,
    AnchorState,
    Verdict,
    Need,
    RelationType,
    Direction,
    ConflictKind,
    EntityKind,
    Action,
    Scope,
    Findable,
    OrphanedBecause,
    Edit,
)
