from collections.abc import Callable
from typing import Any

import pytest
from marshmallow import Schema, fields
from sqlalchemy import literal, null, select

from claims_api.db import Database
from claims_api.schemas.shaping import added, computed, part, shape, shape_one

RowOf = Callable[..., Any]


class SpeakerPart(Schema):
    name = fields.String()
    id = fields.String()


class ClaimShape(Schema):
    text = fields.String()
    speaker = part(SpeakerPart)
    label = computed(fields.String(), "{1}: {0}".format, "text", "speaker_name")
    evidence = added(fields.List(fields.String()))
    id = fields.String()


class OnlyOne(Schema):
    id = fields.String()


@pytest.fixture
def row_of(database: Database) -> RowOf:
    """Make a real row of the database that has these columns, in this order."""

    def make(**columns: str | None) -> Any:
        values = [(null() if value is None else literal(value)).label(name) for name, value in columns.items()]
        with database.reading() as connection:
            return connection.execute(select(*values)).one()

    return make


class TestShape:
    def test_puts_the_fields_in_the_order_of_their_declaration(self, row_of: RowOf) -> None:
        row = row_of(id="1", speaker_id="2", speaker_name="Kremlin", text="no date")
        made = shape_one(ClaimShape, row)
        assert list(made) == ["text", "speaker", "label", "id"]
        assert list(made["speaker"]) == ["name", "id"]

    def test_takes_each_value_from_its_own_column(self, row_of: RowOf) -> None:
        row = row_of(other="?", id="1", text="no date", speaker_name="Kremlin", name="?", speaker_id="2")
        assert shape_one(ClaimShape, row) == {
            "text": "no date",
            "speaker": {"name": "Kremlin", "id": "2"},
            "label": "Kremlin: no date",
            "id": "1",
        }

    def test_makes_a_part_null_where_its_id_is(self, row_of: RowOf) -> None:
        row = row_of(id="1", text="no date", speaker_name=None, speaker_id=None)
        assert shape_one(ClaimShape, row)["speaker"] is None

    def test_keeps_a_part_whose_other_columns_are_null(self, row_of: RowOf) -> None:
        row = row_of(id="1", text="no date", speaker_name=None, speaker_id="2")
        assert shape_one(ClaimShape, row)["speaker"] == {"name": None, "id": "2"}

    def test_makes_an_object_of_a_single_field(self, row_of: RowOf) -> None:
        assert shape_one(OnlyOne, row_of(text="no date", id="1")) == {"id": "1"}

    def test_makes_one_object_for_each_row_and_none_for_none(self, row_of: RowOf) -> None:
        assert shape(OnlyOne, [row_of(id="1"), row_of(id="2")]) == [{"id": "1"}, {"id": "2"}]
        assert shape(OnlyOne, []) == []

    def test_does_not_mind_another_order_of_columns_the_next_time(self, row_of: RowOf) -> None:
        one = shape_one(OnlyOne, row_of(id="1", text="x"))
        assert shape_one(OnlyOne, row_of(text="x", id="1")) == one

    @pytest.mark.parametrize("missing", ["text", "id", "speaker_name"])
    def test_names_a_declared_field_that_no_column_holds(self, row_of: RowOf, missing: str) -> None:
        columns = {"id": "1", "text": "no date", "speaker_id": "2", "speaker_name": "Kremlin"}
        del columns[missing]
        with pytest.raises(LookupError, match=missing.removeprefix("speaker_")):
            shape_one(ClaimShape, row_of(**columns))
