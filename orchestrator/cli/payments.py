"""``orchestrator payments``: lists of payments, and one's state and timeline, in the terminal."""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from orchestrator.cli.failures import CommandFailed
from orchestrator.cli.output import clock_time, console, money, print_json, styled, table
from orchestrator.next_action import awaited_action
from orchestrator.states import PaymentState

if TYPE_CHECKING:
    from orchestrator.explain import Explanation
    from orchestrator.payment import Payment
    from orchestrator.store.lists import ListPayments, Page

app = typer.Typer(help="Look at payments, or resolve one by hand.", no_args_is_help=True)

Row = dict[str, Any]

LONGEST_LIST: Final = 1000

# What a history row shows as it is stored; the rest is put together.
_SHOWN_AS_STORED = (
    "sequence",
    "source",
    "event",
    "target",
    "attempt",
    "handler",
    "handler_error",
    "completed",
    "requires_retry",
    "code",
    "decline_code",
    "reason",
    "request_id",
    "stripe_request_id",
    "stripe_event_id",
    "evidence",
    "machine_version",
    "rules_version",
    "occurred_at",
    "previous_hash",
    "hash",
)


@app.callback()
def _group() -> None:
    """Look at payments in the database, without a server, or resolve one by hand."""


@app.command("list")
def list_(
    state: Annotated[
        PaymentState | None,
        typer.Option(metavar="STATE", help=f"Only payments that are {', '.join(PaymentState)}."),
    ] = None,
    customer: Annotated[str | None, typer.Option(help="Only this customer's: cus_…")] = None,
    transaction_id: Annotated[
        str | None, typer.Option(help="Only those created with this transaction_id.")
    ] = None,
    owner: Annotated[
        str | None, typer.Option(help="Only those of the keys of this name; else everybody's.")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=LONGEST_LIST, help="How many to show at most.")
    ] = 20,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """List payments, newest first, and what each waits for."""
    from orchestrator.store.lists import ListPayments

    wanted = ListPayments(owner, state, customer, transaction_id, limit=limit)
    page = asyncio.run(_page(wanted))
    if json:
        print_json([payment_json(payment) for payment in page.payments])
    elif page.payments:
        _show_list(page.payments)
    else:
        typer.echo("There are no such payments.")
    if page.has_more:
        typer.echo(f"There are more than {limit}; --limit takes up to {LONGEST_LIST}.", err=True)


@app.command("show")
def show(
    id: Annotated[str, typer.Argument(help="The payment's id: pay_…")],
    json: Annotated[
        bool, typer.Option("--json", help="Print payment and history as JSON.")
    ] = False,
) -> None:
    """Show a payment's state, its facts and every step it took."""
    payment, history, explanation = asyncio.run(_read(id))
    if json:
        print_json({"payment": payment_json(payment), "history": [_row_json(r) for r in history]})
        return
    screen = console()
    _show_facts(screen, payment)
    _show_timeline(screen, history)
    screen.print()
    for sentence in (explanation.summary, *explanation.next_steps):
        screen.print(sentence, markup=False)


async def _page(wanted: "ListPayments") -> "Page":
    from orchestrator.cli.storage import stored
    from orchestrator.settings import Settings
    from orchestrator.store.lists import read_page

    async with stored(Settings()) as database:
        page = await database.read(read_page, wanted)
    assert page is not None, "without a cursor there is a page, if an empty one"
    return page


async def _read(payment_id: str) -> tuple["Payment", list[Row], "Explanation"]:
    """Read a payment with its history, and say of it what the API says."""
    from orchestrator.cli.storage import stored
    from orchestrator.explain import deciding_version, explain
    from orchestrator.handlers import load_rules
    from orchestrator.kept_rules import NOT_KEPT
    from orchestrator.settings import Settings
    from orchestrator.store.history import read_history, read_payment_of
    from orchestrator.store.rules import read_rule_sets

    settings = Settings()
    rules = load_rules(settings.handlers)
    async with stored(settings) as database:
        payment = await database.read(read_payment_of, payment_id, None)
        if payment is None:
            raise CommandFailed(
                f"There is no payment {payment_id}. Check the id and ORCHESTRATOR_DATABASE_URL."
            )
        history = await database.read(read_history, payment_id)
        last = history[payment.version - 1]
        version = deciding_version(payment, last, rules)
        kept = (await database.read(read_rule_sets, [version])).get(version, NOT_KEPT)
        return payment, history, explain(payment, last, rules, datetime.now(UTC), kept)


# ── for people ───────────────────────────────────────────────────────────────────────────────


def _show_list(payments: tuple["Payment", ...]) -> None:
    """Show payments one a line; what a narrow terminal has no room for is left out."""
    now = datetime.now(UTC)
    rows = [_cells(payment, now) for payment in payments]
    screen = console()
    boundless = screen.options.update(width=_MORE_THAN_ANY_TERMINAL)
    listed = _table_of(rows, ())
    for count in range(1, len(_LEFT_OUT_FIRST) + 1):
        if screen.measure(listed, options=boundless).maximum <= screen.width:
            break
        listed = _table_of(rows, _LEFT_OUT_FIRST[:count])
    screen.print(listed)


def _table_of(rows: list[dict[str, str]], left_out: tuple[str, ...]) -> Table:
    shown = [heading for heading in rows[0] if heading not in left_out]
    listed = table(*shown)
    for column in listed.columns:
        column.no_wrap = True
    for row in rows:
        listed.add_row(*(row[heading] for heading in shown))
    return listed


_MORE_THAN_ANY_TERMINAL: Final = 10_000
_LEFT_OUT_FIRST: Final = ("customer", "attempts", "transaction", "created (UTC)", "amount")
# Callers choose these, at any length; whole they are in the JSON.
_LONGEST_TEXT: Final = 20


def _cells(payment: "Payment", now: datetime) -> dict[str, str]:
    from orchestrator.explain import WAITS_FOR, situation_of

    return {
        "id": payment.id,
        "state": styled(payment.state),
        "amount": money(payment.amount, payment.currency),
        "customer": _cut(payment.customer),
        "transaction": _cut(payment.transaction_id),
        "attempts": f"{payment.attempts_used} of {payment.max_attempts}",
        "created (UTC)": clock_time(payment.created_at),
        "waiting for": WAITS_FOR[situation_of(payment, None, now)],
    }


def _cut(text: str | None) -> str:
    text = text or ""
    return escape(text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…")


def _show_facts(screen: Console, payment: "Payment") -> None:
    screen.print(
        f"[bold]{payment.id}[/]  {styled(payment.state)}  "
        f"{money(payment.amount, payment.currency)}",
        soft_wrap=True,
    )
    facts = table("", "")
    facts.show_header = False
    for name, value in _facts(payment):
        if value:
            facts.add_row(name, escape(str(value)))
    screen.print(facts)


def _some(amount: int, currency: str) -> str:
    return money(amount, currency) if amount else ""


def _received(payment: "Payment") -> str:
    """Say how much was received where that is not what the payment is over."""
    if payment.awaits_capture:
        return "nothing yet; the money is held"
    partly = payment.amount_received not in (0, payment.amount)
    return money(payment.amount_received, payment.currency) if partly else ""


def _facts(payment: "Payment") -> tuple[tuple[str, object], ...]:
    excluded = (f"{card['payment_method']} ({card['reason']})" for card in payment.excluded_cards)
    return (
        ("owner", payment.owner),
        ("customer", payment.customer),
        ("items", ", ".join(payment.item_ids)),
        ("transaction", payment.transaction_id),
        ("description", payment.description),
        ("Stripe", payment.payment_intent),
        ("attempts", f"{payment.attempts_used} of {payment.max_attempts} used"),
        ("cards taken out of use", ", ".join(excluded)),
        ("failure", payment.failure_reason),
        ("received", _received(payment)),
        ("given back", _some(payment.amount_refunded, payment.currency)),
        ("disputed", _some(payment.amount_disputed, payment.currency)),
        ("created", clock_time(payment.created_at) + " UTC"),
    )


def _show_timeline(screen: Console, history: list[Row]) -> None:
    steps = table("#", "at (UTC)", "after", "event", "state", "code", "handler", "by", "evidence")
    before: datetime | None = None
    for row in history:
        steps.add_row(
            str(row["sequence"]),
            clock_time(row["occurred_at"])[11:],
            elapsed(before, row["occurred_at"]),
            _event(row),
            styled(row["target"]),
            escape(_code(row)),
            escape(row["handler"] or ""),
            escape(":".join(part for part in (row["actor_kind"], row["actor_id"]) if part)),
            f"#{row['evidence']} {row['evidence_status'] or ''}".strip() if row["evidence"] else "",
        )
        before = row["occurred_at"]
    screen.print()
    screen.print(steps)


def elapsed(before: datetime | None, now: datetime) -> str:
    """Write the time between two steps."""
    if before is None:
        return ""
    seconds = (now - before).total_seconds()
    if seconds < 1:
        return f"+{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"+{seconds:.1f} s"
    minutes = seconds / 60
    return f"+{minutes:.0f} min" if minutes < 120 else f"+{minutes / 60:.1f} h"


def _event(row: Row) -> str:
    return f"{row['event']} ({row['attempt']})" if row["event"] == "confirm" else str(row["event"])


def _code(row: Row) -> str:
    code = row["decline_code"] or row["code"] or ""
    reason = row["reason"] or ""
    return f"{code}, {reason}" if code and reason and reason != code else code or reason


# ── for programs ─────────────────────────────────────────────────────────────────────────────


def payment_json(payment: "Payment") -> dict[str, Any]:
    """Give a payment as the commands print it."""
    names = (
        "id owner state handled amount currency customer item_ids transaction_id description "
        "metadata attempts_used attempts_left max_attempts payment_intent last_outcome "
        "excluded_cards next_action failure_reason expires_at created_at updated_at"
    )
    # Who runs this only reads, and what a terminal shows is often kept.
    shown = {"next_action": awaited_action(payment.next_action)}
    return {name: shown.get(name, getattr(payment, name)) for name in names.split()}


def _row_json(row: Row) -> dict[str, Any]:
    shown = {name: row[name] for name in _SHOWN_AS_STORED}
    actor = {"kind": row["actor_kind"], "id": row["actor_id"]}
    return {"object": "transition", "payment": row["payment_id"], **shown, "actor": actor}
