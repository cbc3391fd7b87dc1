"""The command line: one module a command, put together here.

A command imports what it needs when it runs, so that ``--help`` and the pure commands stay quick.
"""

from typing import Annotated

import typer

from orchestrator import __version__
from orchestrator.cli import (
    archive,
    audit,
    cards,
    certify,
    demo,
    erase,
    keys,
    machine,
    migrate,
    payments,
    resolve,
    run,
    sandbox,
    serve,
    worker,
)
from orchestrator.cli.failures import SentenceGroup

app = typer.Typer(
    name="orchestrator",
    cls=SentenceGroup,
    help="Card payments as persisted, auditable state machines on top of Stripe.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def _tell_version(asked: bool) -> None:
    if asked:
        typer.echo(f"orchestrator {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Print the version and exit."
        ),
    ] = False,
) -> None:
    pass


app.command("run")(run.run)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.command("sandbox")(sandbox.sandbox)
app.command("migrate")(migrate.migrate)
app.add_typer(keys.app, name="keys")
payments.app.command("resolve")(resolve.resolve)
app.add_typer(payments.app, name="payments")
app.add_typer(cards.app, name="cards")
app.add_typer(audit.app, name="audit")
app.command("archive")(archive.archive)
app.command("erase")(erase.erase)
app.command("machine")(machine.machine)
app.command("certify")(certify.certify)

__all__ = ["app"]
