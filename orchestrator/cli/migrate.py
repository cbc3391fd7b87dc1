"""``orchestrator migrate``: the database to the newest schema, and the service's role into it."""

from typing import Annotated

import typer

from orchestrator.cli.output import print_json


def migrate(
    grant: Annotated[
        str | None,
        typer.Option(
            metavar="ROLE",
            help="PostgreSQL: let this role serve payments; it must own nothing.",
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the revision as JSON.")] = False,
) -> None:
    """Bring the database to the newest schema; safe to run again."""
    from orchestrator.cli.storage import refuse_unknown_kind
    from orchestrator.settings import Settings
    from orchestrator.store.migrate import head, upgrade

    settings = Settings()
    url = settings.migration_database_url or settings.database_url
    refuse_unknown_kind(url)
    if grant is not None and not url.startswith("postgresql"):
        raise typer.BadParameter("--grant is for PostgreSQL: SQLite has no roles.")
    upgrade(url)
    if grant is not None:
        from orchestrator.store.grants import grant_to

        grant_to(url, grant)
    if json:
        print_json({"revision": head()} | ({"granted": grant} if grant is not None else {}))
        return
    typer.echo(f"The database is at the newest schema ({head()}).")
    if grant is not None:
        typer.echo(f"{grant} may serve payments from it, and change nothing else.")
