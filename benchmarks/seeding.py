"""Fill the service's own database, through the service's own import."""

from benchmarks.bundle import bundle
from benchmarks.data import VERSION, World
from claims_api import db
from claims_api.cli.console import bring_up_to_date
from claims_api.config import Settings
from claims_api.models.words import Scope
from claims_api.schemas.formats import bundles
from claims_api.services import keys, ledger
from claims_api.services.imports import importing

ACTOR = "benchmarks"


def name_of(world: World) -> str:
    """Return what a database with the data is called: another for each state of the tables."""
    return f"ours-{world.size}-{db.newest_revision()}-{VERSION}"


def fill(world: World, url: str) -> None:
    """Migrate an empty database, and import the data."""
    bring_up_to_date(Settings(database_url=url))
    _, records = bundles.opened(enumerate(bundle(world), 1))
    database = db.open_database(url, statement_seconds=None)
    with database.writing(takes_its_time=True) as session:
        ledger.act_as(session, ACTOR)
        importing.take(session, records, collection=ACTOR, skips=False, restores_ledger=False)
    database.dispose()


def made_key(url: str) -> str:
    """Return a new key that may write."""
    database = db.open_database(url)
    with database.writing() as session:
        _, shown = keys.create(session, name=ACTOR, scope=Scope.WRITE)
    database.dispose()
    return shown
