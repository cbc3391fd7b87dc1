"""What the benchmarks' figures are made from: spreads, the ratio, CPU times and the stub."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from benchmarks.processor_time import used_seconds, used_seconds_of_family
from benchmarks.results import Round, Spread, Traced, ratio_of, spreads, write_results
from benchmarks.stripe_answers import AMOUNT, CURRENCY
from benchmarks.stub import Stub
from orchestrator.gateway.parsing import parse_intent, parse_payment_method

SPIN = "import time\nwhile time.process_time() < {}: pass"


def a_round(contender: str, milliseconds: float) -> Round:
    """Build a round that took so much CPU a payment."""
    return Round(contender, milliseconds, 1.0, 100.0, 5.0, 9.0)


ROUNDS = [
    *(a_round("floor", 2.0), a_round("ours", 3.0)),
    *(a_round("ours", 8.0), a_round("floor", 4.0)),
    *(a_round("floor", 2.0), a_round("ours", 2.0)),
]


def test_spread_is_the_median_and_the_extremes() -> None:
    """A figure over the rounds is its median with the lowest and the highest."""
    assert spreads(ROUNDS, "ours")["server_milliseconds"] == Spread(3.0, 2.0, 8.0)


def test_ratio_compares_rounds_that_ran_beside_each_other() -> None:
    """Each round of ours is divided by the floor's of the same moment, whoever went first."""
    assert ratio_of(ROUNDS) == Spread(1.5, 1.0, 2.0)


def test_results_name_nothing_of_the_machine(tmp_path: Path) -> None:
    """The file that is committed holds no path, user or host name."""
    file = tmp_path / "results.json"

    write_results(
        file,
        ROUNDS,
        {"floor": Traced(3, 2), "ours": Traced(3, 2)},
        payments=600,
        in_flight=16,
    )
    written = file.read_text()

    assert json.loads(written)["ratio"] == {"median": 1.5, "lowest": 1.0, "highest": 2.0}
    assert [name for name in ("/", os.uname().nodename) if name in written] == []


def test_cpu_of_a_process_is_counted() -> None:
    """What a process computes shows in its CPU time; the tick is a hundredth of a second."""
    before = used_seconds(os.getpid())
    began = time.process_time()
    while time.process_time() - began < 0.2:
        pass

    assert used_seconds(os.getpid()) - before == pytest.approx(0.2, abs=0.06)


def test_cpu_of_ended_children_is_counted() -> None:
    """What a child computed stays in its family's time after its end."""
    before = used_seconds_of_family(os.getpid())
    subprocess.run([sys.executable, "-S", "-c", SPIN.format(0.3)], check=True)

    assert used_seconds_of_family(os.getpid()) - before >= 0.25


def test_cpu_of_living_children_is_counted() -> None:
    """What a child computes shows in its family's time while it lives."""
    before = used_seconds_of_family(os.getpid())
    program = f"{SPIN.format(0.3)}\nprint(flush=True)\ninput()"
    command = [sys.executable, "-S", "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None, "a pipe"
        child.stdout.readline()
        used = used_seconds_of_family(os.getpid()) - before
        child.communicate(b"\n")

    assert used >= 0.25


def test_stub_gives_each_intent_an_id_of_its_own() -> None:
    """Two creates make two intents that wait for a card."""
    stub = Stub()

    made = [parse_intent(_body(stub.answer("POST", "/v1/payment_intents"))) for _ in range(2)]

    assert [intent.status for intent in made if intent] == ["requires_payment_method"] * 2
    assert len({intent.id for intent in made if intent}) == 2


def test_stub_confirms_the_intent_it_is_asked_for() -> None:
    """A confirm succeeds over the full amount, with a charge that is the intent's own."""
    intent = parse_intent(_body(Stub().answer("POST", "/v1/payment_intents/pi_3Qx/confirm")))

    assert intent is not None
    assert (intent.id, intent.status, intent.latest_charge) == ("pi_3Qx", "succeeded", "ch_3Qx")
    assert (intent.amount_received, intent.currency) == (AMOUNT, CURRENCY)


def test_stub_knows_every_card() -> None:
    """A payment method is a card under the id that was asked for."""
    card = parse_payment_method(_body(Stub().answer("GET", "/v1/payment_methods/pm_1Qy")))

    assert card is not None
    assert (card.payment_method, card.type) == ("pm_1Qy", "card")


def test_stub_counts_its_calls() -> None:
    """What was asked is told, and asking for it counts for nothing."""
    stub = Stub()
    stub.answer("POST", "/v1/payment_intents")
    stub.answer("GET", "/v1/balance")

    assert _body(stub.answer("GET", "/calls")) == {"create": 1, "unknown": 1}


def _body(answer: bytes) -> object:
    return orjson.loads(answer.partition(b"\r\n\r\n")[2])
