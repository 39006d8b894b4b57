"""Bundles: all that the service keeps, as lines of JSON, each an entity as it is kept (see docs/import-export.md).

The first line says what the rest is. Behind it comes what is referred to before what refers to it. ``record`` says what
a line is; its other members are columns, and where one entity speaks of another it gives the id.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from marshmallow import fields, validate

from claims_api.errors import Failure, Invalid
from claims_api.models.words import (
    Action,
    AnchorState,
    Basis,
    ClaimStatus,
    ClaimType,
    EntityKind,
    Match,
    OrphanedBecause,
    Reliability,
    RelationType,
    SourceType,
    SpeakerKind,
    Stance,
    Verdict,
)
from claims_api.schemas.assessments import LARGEST_RATING
from claims_api.schemas.base import Input
from claims_api.schemas.fields import (
    Anything,
    Identity,
    Instant,
    Language,
    Number,
    PartialDate,
    PublishedAt,
    Text,
    Url,
    Whole,
    Word,
)
from claims_api.schemas.incoming import taken
from claims_api.schemas.refs import LARGEST_TEXT, NowOut
from claims_api.schemas.strict import parse_line
from claims_api.services.anchoring import LONGEST_QUOTE
from claims_api.services.assessments import NewAssessment
from claims_api.services.claims import NewClaim
from claims_api.services.dossiers import NewTopic
from claims_api.services.evidence import NewEvidence
from claims_api.services.incoming import (
    Incoming,
    KeptChange,
    KeptPassage,
    KeptSource,
    KeptSpeaker,
    KeptVersion,
    Known,
    Records,
    Stamp,
    Stated,
    Unreadable,
)
from claims_api.services.relations import NewRelation
from claims_api.services.versions import NewVersion

VERSION = 1
_HIGHEST = 2**53
_SHA256 = validate.Regexp("[0-9a-f]{64}$")
