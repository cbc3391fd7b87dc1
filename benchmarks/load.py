"""Makes payments as fast as a server takes them: so many in flight, each a create and a confirm.

A process of its own. It fails at the first answer that is not what a paid payment gets; at the end
it writes what it saw as one line of JSON.
"""

import argparse
import asyncio
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import aiohttp
import orjson

from benchmarks.stripe_answers import AMOUNT, CARD, CURRENCY


class Refused(Exception):
    """A server answered something else than a paid payment gets."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a run saw. A payment's latency is that of both its requests."""

    payments: int
    seconds: float
    p50_milliseconds: float
    p99_milliseconds: float


async def make_payments(url: str, key: str, payments: int, in_flight: int) -> Load:
    """Make so many payments and measure them.

    Raises:
        Refused: an answer was not what a paid payment gets.
    """
    numbers, latencies = iter(range(payments)), list[float]()
    headers = {"Authorization": f"Bearer {key}"}
    connector = aiohttp.TCPConnector(limit=in_flight)
    async with aiohttp.ClientSession(url, headers=headers, connector=connector) as session:
        began = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for _ in range(in_flight):
                group.create_task(_pay(session, numbers, latencies))
        seconds = time.perf_counter() - began
    latencies.sort()
    return Load(payments, seconds, _percentile(latencies, 50), _percentile(latencies, 99))


async def _pay(
    session: aiohttp.ClientSession, numbers: Iterator[int], latencies: list[float]
) -> None:
    for number in numbers:
        body = {
            "amount": AMOUNT,
            "currency": CURRENCY,
            "item_ids": ["sku_0001", "sku_0002"],
            "transaction_id": f"order-{number:06}",
        }
        began = time.perf_counter()
        created = await _post(session, "/v1/payments", body, 201, "created")
        path = f"/v1/payments/{created}/confirm"
        await _post(session, path, {"payment_method": CARD}, 200, "succeeded")
        latencies.append((time.perf_counter() - began) * 1000)


async def _post(
    session: aiohttp.ClientSession, path: str, body: object, status: int, state: str
) -> str:
    headers = {"Idempotency-Key": uuid.uuid4().hex, "Content-Type": "application/json"}
    async with session.post(path, data=orjson.dumps(body), headers=headers) as response:
        content = await response.read()
    document = orjson.loads(content)
    if (response.status, document.get("state")) != (status, state):
        raise Refused(f"POST {path}: {response.status} {content.decode()}")
    payment_id: str = document["id"]
    return payment_id


def _percentile(ordered: list[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]


def main() -> None:
    """Make the payments the arguments ask for and write the result."""
    import uvloop

    parser = argparse.ArgumentParser(prog="python -m benchmarks.load", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--key", required=True)
    parser.add_argument("--payments", type=int, required=True)
    parser.add_argument("--in-flight", type=int, required=True)
    given = parser.parse_args()
    load = uvloop.run(make_payments(given.url, given.key, given.payments, given.in_flight))
    sys.stdout.write(orjson.dumps(asdict(load)).decode() + "\n")


if __name__ == "__main__":
    main()
