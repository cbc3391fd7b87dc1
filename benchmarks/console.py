"""``python -m benchmarks.console``: how long the server takes for each page of the console.

Over a private PostgreSQL with so many payments. A request goes through the whole application in
this process, without a socket; what is printed is the median and the slowest of some rounds.
"""

import argparse
import asyncio
import re
import statistics
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple
from uuid import uuid4

import httpx2
import structlog
from pydantic import SecretStr
from rich.console import Console

from api.app import create_app
from benchmarks.many import fill
from orchestrator.keys import create_key
from orchestrator.runtime import Runtime
from orchestrator.settings import Settings
from orchestrator.store import migrate
from orchestrator.store.keys import insert_key
from tests.postgres_server import ORDINARY, PostgresServer

LIMIT_MILLISECONDS: Final = 200
PAYMENTS: Final = 1_000_000
ROUNDS: Final = 9
TOKEN: Final = re.compile(r'name="form_token" value="([0-9a-f]{64})"')

console = Console(highlight=False)


class Took(NamedTuple):
    """How long an answer took, and how much of that this process worked: the rest it waited."""

    milliseconds: float
    cpu_milliseconds: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Fill, time, print; fail where a page is over the limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--payments", type=int, default=PAYMENTS)
    given = parser.parse_args(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    with PostgresServer.start({**ORDINARY, "shared_buffers": "512MB"}) as server:
        server.create_database("console")
        url = server.url("console")
        migrate.upgrade(url)
        return asyncio.run(_measure(url, given.payments))


async def _measure(url: str, how_many: int) -> int:
    began = time.perf_counter()
    await fill(url, how_many)
    console.print(f"{how_many:,} payments stored in {time.perf_counter() - began:.0f} s.")
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]  # pydantic-settings takes it unannounced
        database_url=url,
        stripe_api_key=SecretStr(f"sk_test_{uuid4().hex}"),
        stripe_api_base="http://127.0.0.1:9",
    )
    async with AsyncExitStack() as stack:
        runtime = await Runtime.open(settings)
        stack.push_async_callback(runtime.close)
        transport = httpx2.ASGITransport(create_app(runtime))
        http = await stack.enter_async_context(
            httpx2.AsyncClient(transport=transport, base_url="http://console.test")
        )
        await _sign_in(runtime, http)
        return _show({path: await _time(http, path) for path in _pages(how_many)})


async def _sign_in(runtime: Runtime, http: httpx2.AsyncClient) -> None:
    row, secret = create_key("bench", "audit", None, datetime.now(UTC))
    await runtime.database.write(insert_key, row)
    token = _token_of((await http.get("/console/sign-in")).text)
    answer = await http.post("/console/sign-in", data={"key": secret, "form_token": token})
    assert answer.status_code == 303, answer.text


def _token_of(page: str) -> str:
    found = TOKEN.search(page)
    assert found is not None, "the page has a form"
    return found[1]


def _pages(how_many: int) -> list[str]:
    """List the addresses, the ends of long lists among them; the last are forms that are sent."""
    today = datetime.now(UTC).date()
    long_ago = f"{today - timedelta(days=59)}T00:00:00Z~pay_f"
    payments = [
        "", "?state=succeeded", "?state=failed", "?state=created", "?customer=cus_7",
        f"?transaction=order-{how_many // 2}", "?code=insufficient_funds",
        "?code=insufficient_funds&state=failed", "?customer=cus_7&state=failed",
        f"?from={today - timedelta(days=3)}&to={today}", f"?before={long_ago}",
        f"/pay_{1:032x}", f"/pay_{how_many - 1:032x}",
    ]  # fmt: skip
    others = [
        "totals", "totals?by=day", "anomalies", "anomalies?state=open", "anomalies?state=assigned",
        "anomalies?state=resolved&kind=charged_twice", f"anomalies/ano_{5:032x}",
        "unmatched-events", f"unmatched-events?before={today - timedelta(days=1)}T00:00:00Z~evt_1",
        "decline-rules", "decline-rules/insufficient_funds", "seals", "seals/1",
        f"seals/1?after={how_many - 20}", "record", "record?actor=key3", "record?before=30",
        "record?subject=nobody", "downloads",
        f"search?q=pi_{how_many // 2}", f"search?q=order-{how_many // 3}", "search?q=nothing",
    ]  # fmt: skip
    forms = [
        f"downloads#{today - timedelta(days=30)}..{today}",
        f"downloads#{today}..{today}",
    ]
    return [
        *(f"/console/payments{each}" for each in payments),
        *(f"/console/{each}" for each in (*others, *forms)),
    ]


async def _time(http: httpx2.AsyncClient, path: str) -> list[Took]:
    """Ask for a page some times, once before to warm up."""
    path, _, period = path.partition("#")
    form: dict[str, str] = {}
    if period:
        token = _token_of((await http.get(path)).text)
        first, _, last = period.partition("..")
        form = {"from": first, "to": last, "format": "csv", "form_token": token}
    took = []
    for _ in range(ROUNDS + 1):
        began, worked = time.perf_counter(), time.process_time()
        answer = await (http.post(path, data=form) if form else http.get(path))
        passed, spent = time.perf_counter() - began, time.process_time() - worked
        took.append(Took(passed * 1000, spent * 1000))
        assert answer.status_code in (200, 303, 404, 422), f"{path}: {answer.status_code}"
    return took[1:]


def _show(pages: dict[str, list[Took]]) -> int:
    console.print(f"{'page':70} {'median ms':>10} {'slowest ms':>10} {'our CPU ms':>10}")
    slow = []
    for path, took in pages.items():
        median = statistics.median(each.milliseconds for each in took)
        slowest = max(each.milliseconds for each in took)
        cpu = statistics.median(each.cpu_milliseconds for each in took)
        console.print(f"{path:70} {median:10.1f} {slowest:10.1f} {cpu:10.1f}", soft_wrap=True)
        if "#" not in path and median > LIMIT_MILLISECONDS:
            slow.append(path)
    console.print("After # is the period of a download: its time is that of the whole file.")
    for path in slow:
        console.print(f"{path} takes more than {LIMIT_MILLISECONDS} ms.")
    return 1 if slow else 0


if __name__ == "__main__":
    raise SystemExit(main())
