"""Load a dossier."""

import json
from functools import partial
from pathlib import Path

import click
from marshmallow import ValidationError

from claims_api.cli.console import console, opened
from claims_api.config import Settings
from claims_api.errors import Failure, Invalid
from claims_api.schemas import strict
from claims_api.schemas.dossiers import DossierIn, with_texts
from claims_api.services import dossiers
from claims_api.services.dossiers import Dossier, LoadReport


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.pass_obj
def load(settings: Settings, folder: Path) -> None:
    """Load a dossier (FOLDER/dossier.json and the texts it names), all or nothing; twice changes nothing."""
    report(load_folder(settings, folder))


def read_dossier(folder: Path) -> Dossier:
    """Read ``dossier.json`` of a folder, and the texts that its sources name, in UTF-8.

    Raises ``Malformed`` for what is no JSON, ``Invalid`` for broken text and for a file outside of the folder,
    marshmallow's ``ValidationError`` for what the schema refuses, and ``OSError`` or ``UnicodeDecodeError`` for files
    that cannot be read.
    """
    document = strict.parse_json((folder / "dossier.json").read_bytes())
    strict.refuse_broken_text(document)
    dossier: Dossier = DossierIn().load(document)
    return with_texts(dossier, partial(_read_text, folder))


def load_folder(settings: Settings, folder: Path) -> LoadReport:
    """Load a dossier into the database that is set; ``ClickException`` tells in a line whatever is wrong."""
    try:
        dossier = read_dossier(folder)
        with opened(settings) as database, database.writing() as session:
            return dossiers.load(session, dossier)
    except ValidationError as error:
        raise click.ClickException(f"{folder}: {json.dumps(error.messages)} Nothing was loaded.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise click.ClickException(f"{folder}: {error}. Nothing was loaded.") from None
    except Failure as failure:
        place = "/".join(map(str, failure.path or ()))
        raise click.ClickException(f"{folder}: {place}: {failure.detail} Nothing was loaded.") from None


def report(done: LoadReport) -> None:
    """Print how many of each kind were made, and how many were there already."""
    for word, counts in (("made", done.created), ("there already", done.unchanged)):
        listed = ", ".join(f"{number} {kind}" for kind, number in counts.items())
        console.print(f"{word}: {listed or 'nothing'}")


def _read_text(folder: Path, name: str) -> str:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise Invalid(f"The file {name!r} lies outside the folder.", path=("sources",))
    # newline="": keep the text's own line ends.
    with path.open(encoding="utf-8", newline="") as file:
        text = file.read()
    strict.refuse_broken_text(text)
    return text
