"""Dossiers in JSON: ``dossier.json`` of a folder that ``claims-api load`` takes (see seeds/README.md)."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, ClassVar

from marshmallow import ValidationError, fields, post_load, validate

from claims_api.models.words import Basis, Stance
from claims_api.schemas.base import Input
from claims_api.schemas.claims import MOST_EVIDENCE, ClaimIn
from claims_api.schemas.evidence import CREDIBILITY, GROUP
from claims_api.schemas.fields import Text, Whole, Word
from claims_api.schemas.refs import LARGEST_TEXT, QuotedIn
from claims_api.schemas.relations import RelationIn
from claims_api.schemas.sources import SourceIn
from claims_api.schemas.speakers import SpeakerIn
from claims_api.schemas.topics import TopicIn
from claims_api.schemas.uploads import GivenText
from claims_api.schemas.versions import VersionIn
from claims_api.services.claims import NewClaim
from claims_api.services.dossiers import Dossier, Keyed, Newer, Related
from claims_api.services.evidence import NewEvidence
from claims_api.services.passages import NewPassage
from claims_api.services.relations import NewRelation
from claims_api.services.sources import NewSource
from claims_api.services.speakers import NewSpeaker
from claims_api.services.topics import NewTopic
from claims_api.services.versions import NewVersion


def _key(**kwargs: Any) -> Text:
    return Text(most=200, **kwargs)


class DossierSpeakerIn(SpeakerIn):
    """A speaker with a key."""

    makes: ClassVar[type | None] = None
    key = _key(required=True)

    @post_load
    def _keyed(self, data: dict[str, Any], **_: Any) -> Keyed[NewSpeaker]:
        return Keyed(data.pop("key"), NewSpeaker(**data))


class DossierTopicIn(TopicIn):
    """A topic."""

    makes: ClassVar[type | None] = NewTopic


class DossierSourceIn(SourceIn):
    """A source with a key, and its text in ``text`` or in a ``file`` of the folder."""

    class Meta(Input.Meta):
        """Pages are not for dossiers."""

        exclude = ("content_type",)

    makes: ClassVar[type | None] = None
    key = _key(required=True)
    title = Text(most=500, required=True)
    file = Text(most=500)

    @post_load
    def _keyed(self, data: dict[str, Any], **_: Any) -> Keyed[NewSource]:
        if "file" in data and "text" in data:
            raise ValidationError("Give either `text` or `file`.", "file")
        key, file = data.pop("key"), data.pop("file", None)
        return Keyed(key, NewSource(**data), file)


class DossierPassageIn(QuotedIn):
    """A passage that nothing is said of yet."""

    key = _key(required=True)
    source = _key(required=True)

    @post_load
    def _keyed(self, data: dict[str, Any], **_: Any) -> Keyed[NewPassage]:
        return Keyed(data.pop("key"), NewPassage(quote=self.quote_of(data), **data))


class DossierEvidenceIn(QuotedIn):
    """A link; source and speaker by their keys."""

    source = _key(required=True)
    stance = Word(Stance, required=True)
    basis = Word(Basis, load_default=Basis.CONTENT)
    stated_by = _key()
    group = Text(most=100, description=GROUP)
    note = Text(most=5_000)
    credibility = Whole(least=1, most=6, description=CREDIBILITY)

    @post_load
    def _with_keys(self, data: dict[str, Any], **_: Any) -> NewEvidence:
        return NewEvidence(
            quote=self.quote_of(data),
            source_id=data.pop("source"),
            stated_by_id=data.pop("stated_by", None),
            **data,
        )


class DossierClaimIn(ClaimIn):
    """A claim with a key; its speaker by key."""

    class Meta(Input.Meta):
        """Ids and labels are not for dossiers."""

        exclude = ("label", "speaker_id", "first_appearance_id")

    makes: ClassVar[type | None] = None
    key = _key(required=True)
    text = Text(most=10_000, required=True)
    speaker = _key(allow_none=True)  # type: ignore[assignment]  # a key in place of a name
    evidence = fields.List(fields.Nested(DossierEvidenceIn), validate=validate.Length(max=MOST_EVIDENCE))

    @post_load
    def _keyed(self, data: dict[str, Any], **_: Any) -> Keyed[NewClaim]:
        key, speaker = data.pop("key"), data.pop("speaker", None)
        return Keyed(key, NewClaim(speaker_id=speaker, **data))


class DossierRelationIn(RelationIn):
    """A relation between two claims, both by their keys."""

    class Meta(Input.Meta):
        """Ids are not for dossiers."""

        exclude = ("target_id",)

    makes: ClassVar[type | None] = None
    source = _key(required=True)
    target = _key(required=True)

    @post_load
    def _related(self, data: dict[str, Any], **_: Any) -> Related:
        return Related(data.pop("source"), NewRelation(target_id=data.pop("target"), **data))


class DossierVersionIn(VersionIn):
    """A newer text of a source, in ``text`` or in a ``file`` of the folder."""

    class Meta(Input.Meta):
        """Pages are not for dossiers."""

        exclude = ("content_type",)

    makes: ClassVar[type | None] = None
    key = _key(required=True)
    source = _key(required=True)
    text = GivenText(most=LARGEST_TEXT)
    file = Text(most=500)

    @post_load
    def _keyed(self, data: dict[str, Any], **_: Any) -> Keyed[Newer]:
        if ("file" in data) == ("text" in data):
            raise ValidationError("Give either `text` or `file`.", "file")
        key, source, file = data.pop("key"), data.pop("source"), data.pop("file", None)
        return Keyed(key, Newer(source, NewVersion(**{"text": "", **data})), file)


class DossierIn(Input):
    """The whole dossier."""

    makes: ClassVar[type | None] = Dossier

    name = Text(most=200, required=True)
    dated = fields.Date("iso", required=True)
    title = Text(most=500)
    topics = fields.List(fields.Nested(DossierTopicIn))
    speakers = fields.List(fields.Nested(DossierSpeakerIn))
    sources = fields.List(fields.Nested(DossierSourceIn))
    passages = fields.List(fields.Nested(DossierPassageIn))
    claims = fields.List(fields.Nested(DossierClaimIn))
    relations = fields.List(fields.Nested(DossierRelationIn))
    versions = fields.List(fields.Nested(DossierVersionIn))


def with_texts(dossier: Dossier, read: Callable[[str], str]) -> Dossier:
    """Return a dossier with the texts of its files, each of which ``read`` returns by its name.

    Raises what ``read`` raises, and marshmallow's ``ValidationError`` for what cannot be the text of a source.
    """

    def text_of(file: str) -> str:
        taken: str = SourceIn().fields["text"].deserialize(read(file))
        return taken

    sources = [
        replace(each, new=replace(each.new, text=text_of(each.file)), file=None) if each.file else each
        for each in dossier.sources
    ]
    versions = [
        replace(each, new=Newer(each.new.source, replace(each.new.new, text=text_of(each.file))), file=None)
        if each.file
        else each
        for each in dossier.versions
    ]
    return replace(dossier, sources=sources, versions=versions)
