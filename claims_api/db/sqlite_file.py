"""SQLite's file has to stay where it was opened: what is written into one that was moved away is lost."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, event

from claims_api.db.options import TURN
from claims_api.errors import Unavailable
from claims_api.logs import log

_MOVED = (
    "The file of the database was moved or replaced while the service ran. Bring it back, or start the service anew: "
    "until then nothing is written."
)


class SqliteFile:
    """A file by its path, and which one lay there when it was first opened."""

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._opened: tuple[int, int] | None = None

    def guard(self, engine: Engine) -> None:
        """Have an engine open this file and make none; once another lies there, it raises ``Unavailable``."""
        event.listen(engine, "do_connect", self._connect)
        event.listen(engine, "connect", self._note)
        event.listen(engine, "begin", self._begin)

    def require_in_place(self) -> None:
        """Raise ``Unavailable`` where the file that was opened lies there no more."""
        if self._opened is not None and self._found() != self._opened:
            log.critical("the database was moved", file=str(self._path))
            raise Unavailable(_MOVED)

    def _connect(self, _dialect: Any, _record: Any, arguments: list[Any], options: dict[str, Any]) -> None:
        self.require_in_place()
        # SQLite would make one: a database without tables where somebody moved it away, or mistyped its name.
        arguments[0] = f"{self._path.as_uri()}?mode=rw"
        options["uri"] = True

    def _note(self, _connection: Any, _record: Any) -> None:
        # Behind the opening: layered file systems may give a file another number when it is opened to be written.
        if self._opened is None:
            self._opened = self._found()

    def _begin(self, connection: Connection) -> None:
        if TURN in connection.get_execution_options():
            self.require_in_place()

    def _found(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino
