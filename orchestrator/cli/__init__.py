"""The command line: one module a command, put together here.

A command imports what it needs when it runs, so that ``--help`` and the pure commands stay quick.
"""

import typer

from orchestrator.cli import (
    audit,
    certify,
    demo,
    keys,
    machine,
    migrate,
    payments,
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
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command("run")(run.run)
app.command("demo")(demo.demo)
app.command("serve")(serve.serve)
app.command("worker")(worker.worker)
app.command("sandbox")(sandbox.sandbox)
app.command("migrate")(migrate.migrate)
app.add_typer(keys.app, name="keys")
app.add_typer(payments.app, name="payments")
app.add_typer(audit.app, name="audit")
app.command("machine")(machine.machine)
app.command("certify")(certify.certify)

__all__ = ["app"]
