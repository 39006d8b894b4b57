"""A text that is given: as it is, or in a page of HTML; in JSON, or as a file beside JSON."""

from typing import Any, ClassVar

from marshmallow import Schema, ValidationError, fields, post_load, validate

from claims_api.errors import Invalid
from claims_api.models.sources import PLAIN
from claims_api.schemas.base import Input
from claims_api.schemas.fields import Text
from claims_api.services import pages, versions
from claims_api.services.uploads import CONTENT_TYPES, HTML, Upload
from claims_api.text import is_storable

CONTENT_TYPE = (
    "What `text` is: the text itself, or a page of HTML, out of which its article is taken (with the extra `html`)."
)
# What a file is sent for; of a request that sends one, the rest is JSON beside it.
OF_FILES = ("text", "content_type")


class GivenText(Text):
    """A text in JSON, or a file, which ``web.uploads`` puts in its place."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return value if isinstance(value, Upload) else super()._deserialize(value, attr, data, **kwargs)

    def _validate(self, value: Any) -> None:
        if not isinstance(value, Upload):
            super()._validate(value)


def content_type() -> fields.String:
    """Return the field that says what the text is given as: plain text or HTML."""
    return fields.String(
        load_default=PLAIN, validate=validate.OneOf(CONTENT_TYPES), metadata={"description": CONTENT_TYPE}
    )


class GivenIn(Input):
    """A body with a ``text``; of a page of HTML that is its article, and its metadata fill fields that are not given.

    Loading it raises what ``pages.read`` raises, and ``Invalid`` for HTML without a text and for a text that cannot be
    kept.
    """

    takes_files: ClassVar[bool] = True

    @post_load
    def _make(self, data: dict[str, Any], **_: Any) -> Any:
        return data if self.makes is None else self.makes(**self._read(data))

    def _read(self, data: dict[str, Any]) -> dict[str, Any]:
        given, kind = data.get("text"), data["content_type"]
        if given is None and kind != PLAIN:
            raise Invalid("Give the page as `text`.", path=("text",))
        if given is None or (kind == PLAIN and isinstance(given, str)):
            return {**data, "content_type": PLAIN}
        if isinstance(given, str):
            given = Upload(given, given.encode(), kind)
        if kind == HTML:
            return self._read_page(data, given)
        # Where a file is in UTF-8, the text is its bytes.
        sha256 = None if given.text.encode() == given.given else versions.sha256(given.given)
        return {**data, "text": self._taken("text", given.text), "given_sha256": sha256}

    def _read_page(self, data: dict[str, Any], given: Upload) -> dict[str, Any]:
        page = pages.read(given.text)
        said = [(name, value) for name, value in page.suggested.items() if name in self.fields]
        suggested = {name: taken for name, value in said if (taken := self._suggested(name, value)) is not None}
        text = self._taken("text", page.text)
        return {**suggested, **data, "text": text, "given_sha256": versions.sha256(given.given)}

    def _taken(self, name: str, value: str) -> Any:
        if not is_storable(value):
            raise Invalid("It holds U+0000 (NUL), or half of a surrogate pair; that is no text.", path=(name,))
        try:
            return self.fields[name].deserialize(value)
        except ValidationError as error:
            raise Invalid(str(error.messages[0]), path=(name,)) from None

    def _suggested(self, name: str, value: Any) -> Any:
        # What a page says badly is as good as not said.
        try:
            return self.fields[name].deserialize(value) if is_storable(str(value)) else None
        except ValidationError:
            return None


def beside_file(schema: type[Schema]) -> type[Schema]:
    """Return the schema of the JSON that is sent beside a file."""

    class Meta(Input.Meta):
        exclude = OF_FILES

    name = schema.__name__.removesuffix("In")
    return type(f"{name}FieldsIn", (schema,), {"Meta": Meta, "__doc__": "What is sent beside a file."})
