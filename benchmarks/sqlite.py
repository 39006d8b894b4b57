"""SQLite databases with the data: made once, and copied for each server."""

import shutil
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import make_url


class Sqlite:
    """Files in a folder."""

    name = "sqlite"
    # No process of its own works for a server.
    processes: tuple[int, ...] = ()

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def copy_of(self, name: str, made_by: Callable[[str], None], copy: str) -> str:
        """Return the URL of a new copy of a database, which is filled on first use."""
        base, to = self._folder / f"{name}.db", self._folder / f"{copy}.run.db"
        if not base.exists():
            begun = base.with_suffix(".part.db")
            _remove(begun)
            made_by(_url(begun))
            begun.rename(base)
        _remove(to)
        shutil.copyfile(base, to)
        return _url(to)

    def end(self, url: str) -> None:
        """Remove a copy."""
        _remove(Path(str(make_url(url).database)))


def _url(file: Path) -> str:
    return f"sqlite:///{file}"


def _remove(file: Path) -> None:
    for each in file.parent.glob(f"{file.name}*"):
        each.unlink()
