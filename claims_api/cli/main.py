"""The command line, put together."""

import signal
import sys
from functools import partial
from typing import Any

import click
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from claims_api.cli import changes, contract, database, doctor, keys, loading, moving, serving, verifying
from claims_api.config import Settings
from claims_api.errors import Failure


class Commands(click.Group):
    """The commands; a database that cannot be used is told in a line, not in a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; ``ClickException`` for a failure, and for a file or a database that cannot be used."""
        try:
            return super().invoke(ctx)
        except Failure as failure:
            raise click.ClickException(failure.detail) from None
        except BrokenPipeError:
            raise  # a closed pipe: click handles it
        except OSError as error:
            raise click.ClickException(f"{error.filename or 'A file'}: {error.strerror}.") from None
        except CommandError as error:
            is_newer = "Can't locate revision" in str(error)
            hint = ". It was made by a newer program, it seems: bring back that one, or a backup from before it."
            raise click.ClickException(f"The database cannot be migrated: {error}{hint * is_newer}") from None
        except SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or error).splitlines()[0]
            raise click.ClickException(f"The database cannot be used: {reason}{_hint(reason)}") from None


def _hint(reason: str) -> str:
    if "lock timeout" in reason:  # who waits for a lock has found the tables
        return ". Others use it: try again."
    return ". Bring a copy back (db restore)." if "malformed" in reason else ". Is it migrated (db upgrade)?"


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="claims-api")
@click.pass_context
def main(context: click.Context) -> None:
    """Keep claims and the exact passages that support or contradict them.

    Settings are taken from the environment (see README.md).
    """
    # What is unfinished is removed, as after Ctrl-C.
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    context.call_on_close(partial(signal.signal, signal.SIGTERM, before))
    try:
        context.obj = Settings.from_environment()
    except ValueError as reason:
        raise click.ClickException(str(reason)) from None


for command in (
    serving.serve,
    serving.demo,
    loading.load,
    moving.export,
    moving.import_,
    database.commands,
    verifying.verify,
    doctor.doctor,
    keys.commands,
    changes.commands,
    contract.openapi,
    contract.schema_of_bundles,
):
    main.add_command(command)
