"""Small rules about text that more than one floor needs."""

import hashlib
import unicodedata

# Folding can make one character eighteen, and an index of Postgres takes some 2,700 bytes.
_LONGEST_KEY = 1_000


def name_key(name: str) -> str:
    """Return what two spellings of one name share: case, width and runs of white space do not tell them apart.

    A key that no index could hold is replaced by its SHA-256.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    key = " ".join(folded.split())
    return key if len(key.encode()) <= _LONGEST_KEY else hashlib.sha256(key.encode()).hexdigest()
