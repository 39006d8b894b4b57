"""Print the contracts: that of the service, and that of bundles."""

import json
from pathlib import Path

import click

from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.web import bundle_schema, contract


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write there instead of printing.")
@click.pass_obj
def openapi(settings: Settings, out: Path | None) -> None:
    """Print the contract (OpenAPI 3.1) as YAML."""
    _print(contract.as_yaml(contract.of(create_app(settings))), out)


@click.command("bundle-schema")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write there instead of printing.")
def schema_of_bundles(out: Path | None) -> None:
    """Print the JSON Schema of the lines of a bundle."""
    _print(json.dumps(bundle_schema.document(), indent=2) + "\n", out)


def _print(text: str, out: Path | None) -> None:
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8", newline="\n")
