"""Everything that differs between SQLite and Postgres: connections, column types, SQL constructs, failures."""

from claims_api.db.advisory_locks import (
    IMPORTS,
    LEDGER,
    NAMES,
    RELATIONS,
    database_now,
    has_one_writer,
    holds_lock,
    lock_name,
    lock_name_sql,
    lock_tables,
    place_in_ledger,
    try_lock_name,
)
from claims_api.db.among import among, among_rows
from claims_api.db.batching import batches, by_length
from claims_api.db.constructs import json_array_of, json_items, lowered, moment_text, unindexed
from claims_api.db.database import Database
from claims_api.db.engines import open_database
from claims_api.db.faults import damage, is_full, is_passing, must_be_retried
from claims_api.db.fts5 import empty, index_damage, indexed
from claims_api.db.fulltext import Words, found, questions, ranked, words_due, words_kept
from claims_api.db.nested import nested
from claims_api.db.prepared import ByIds, Prepared, fetched
from claims_api.db.revisions import file_of, newest_revision, why_not_migrated, why_too_new
from claims_api.db.row_locks import fetch_locked, for_share, for_update, lock_name_patiently, lock_rows_then_name
from claims_api.db.shared_words import nearest, sharing_two
from claims_api.db.types import Id, Instant, Json, SortedText, metadata
from claims_api.db.word_frequencies import Frequencies, count_words, frequencies

__all__ = [
    "IMPORTS",
    "LEDGER",
    "NAMES",
    "RELATIONS",
    "ByIds",
    "Database",
    "Frequencies",
    "Id",
    "Instant",
    "Json",
    "Prepared",
    "SortedText",
    "Words",
    "among",
    "among_rows",
    "batches",
    "by_length",
    "count_words",
    "damage",
    "database_now",
    "empty",
    "fetch_locked",
    "fetched",
    "file_of",
    "for_share",
    "for_update",
    "found",
    "frequencies",
    "has_one_writer",
    "holds_lock",
    "index_damage",
    "indexed",
    "is_full",
    "is_passing",
    "json_array_of",
    "json_items",
    "lock_name",
    "lock_name_patiently",
    "lock_name_sql",
    "lock_rows_then_name",
    "lock_tables",
    "lowered",
    "metadata",
    "moment_text",
    "must_be_retried",
    "nearest",
    "nested",
    "newest_revision",
    "open_database",
    "place_in_ledger",
    "questions",
    "ranked",
    "sharing_two",
    "try_lock_name",
    "unindexed",
    "why_not_migrated",
    "why_too_new",
    "words_due",
    "words_kept",
]
