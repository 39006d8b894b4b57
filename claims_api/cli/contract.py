"""Print the contract."""

from pathlib import Path

import click

from claims_api.app import create_app
from claims_api.config import Settings
from claims_api.web import contract


@click.command()
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write there instead of printing.")
@click.pass_obj
def openapi(settings: Settings, out: Path | None) -> None:
    """Print the contract (OpenAPI 3.1) as YAML."""
    text = contract.as_yaml(contract.of(create_app(settings)))
    if out is None:
        click.echo(text, nl=False)
    else:
        out.write_text(text, encoding="utf-8", newline="\n")
