"""``orchestrator migrate``: the database to the newest schema."""

from typing import Annotated

import typer

from orchestrator.cli.output import print_json


def migrate(
    json: Annotated[bool, typer.Option("--json", help="Print the revision as JSON.")] = False,
) -> None:
    """Bring the database to the newest schema; safe to run again."""
    from orchestrator.cli.storage import refuse_unknown_kind
    from orchestrator.settings import Settings
    from orchestrator.store.migrate import head, upgrade

    settings = Settings()
    url = settings.migration_database_url or settings.database_url
    refuse_unknown_kind(url)
    upgrade(url)
    if json:
        print_json({"revision": head()})
    else:
        typer.echo(f"The database is at the newest schema ({head()}).")
