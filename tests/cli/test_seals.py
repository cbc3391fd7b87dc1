"""``audit seal``, ``seals``, ``prove``, ``key``, ``export`` and ``verifier`` at the terminal."""

import asyncio
import csv
import io
import json
from pathlib import Path

import pytest

from orchestrator.seals.verifier import check
from orchestrator.store.connections import open_database
from tests.cli.conftest import Run
from tests.stored_payments import store_one_of_each
from tests.tampering import tamper


async def store(url: str) -> None:
    """Store payments of every kind."""
    database = open_database(url)
    await store_one_of_each(database)
    await database.close()


@pytest.fixture
def payments(stored: str) -> str:
    """Let commands find payments of every kind."""
    asyncio.run(store(stored))
    return stored


@pytest.fixture
def public_key(run: Run, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make a key for seals and name it in the settings; return its public half."""
    made = run("audit", "key", "create", "seal.pem")
    monkeypatch.setenv("ORCHESTRATOR_SEAL_KEY_FILE", "seal.pem")
    return str(made.stdout.strip())


def test_a_seal_is_made_and_verified(run: Run, payments: str, public_key: str) -> None:
    """A seal tells its number, count and root; everything is then held against it."""
    made = run("audit", "seal", "--export", "kept.jsonl", "--json")
    verified = run("audit", "verify", "--seal", "kept.jsonl")

    printed = json.loads(made.stdout)["document"]
    assert (printed["number"], printed["payments"], len(printed["root"])) == (1, 5, 64)
    assert (verified.exit_code, verified.stderr) == (0, "")
    assert "10 leaves of 1 seal: all hold." in verified.stdout


def test_seals_are_told_in_words(run: Run, payments: str, public_key: str) -> None:
    """Without --json a person reads number, count and root, and the list has a line for each."""
    made = run("audit", "seal")
    listed = run("audit", "seals").stdout.splitlines()

    assert made.stdout.startswith("Seal 1 over 5 payments: root ")
    assert [line.split()[0] for line in listed] == ["number", "1"]


def test_a_seal_taken_away_is_on_record(run: Run, payments: str, public_key: str) -> None:
    """Each file of a seal that leaves the database is on record; a seal that is shown is not."""
    run("audit", "seal", "--export", "at_once.jsonl")
    run("audit", "seals", "1", "--export", "later.jsonl")
    run("audit", "seals", "1")
    acts = json.loads(run("audit", "actions", "--json").stdout)

    taken = [act["subject"]["id"] for act in acts if act["action"] == "export_made"]
    assert taken == ["1", "1"]


def test_a_stored_seal_is_exported_again(run: Run, payments: str, public_key: str) -> None:
    """A seal that a worker made is written out by its number, as it would have been at once."""
    run("audit", "seal", "--export", "at_once.jsonl")
    run("audit", "seals", "1", "--export", "later.jsonl")

    assert Path("later.jsonl").read_bytes() == Path("at_once.jsonl").read_bytes()
    assert check(Path("later.jsonl"), [public_key]).startswith("seal 1 of ")


def test_a_kept_seal_is_never_written_over(run: Run, payments: str, public_key: str) -> None:
    """A file that exists is left alone, and no seal is made for it."""
    Path("kept.jsonl").write_text("kept", encoding="utf-8")
    refused = run("audit", "seal", "--export", "kept.jsonl")

    assert (refused.exit_code, Path("kept.jsonl").read_text(encoding="utf-8")) == (1, "kept")
    assert json.loads(run("audit", "seals", "--json").stdout) == []


def test_without_a_key_nothing_is_sealed(run: Run, payments: str) -> None:
    """Whoever has no key is told how to make one."""
    refused = run("audit", "seal")

    assert refused.exit_code == 1
    assert "orchestrator audit key create FILE" in refused.stderr


def test_the_public_half_is_shown(run: Run, stored: str, public_key: str) -> None:
    """The key's public half is told when it is made and whenever it is asked for."""
    assert run("audit", "key", "show").stdout.strip() == public_key


def test_a_payment_is_proved(run: Run, payments: str, public_key: str) -> None:
    """A sealed payment has a proof; one that is not sealed has none."""
    run("audit", "seal")
    proof = json.loads(run("audit", "prove", "pay_b", "--json").stdout)

    assert (proof["leaf"]["payment"], proof["index"], len(proof["path"])) == ("pay_b", 1, 3)
    assert "entry 1 of 5 in seal 1" in run("audit", "prove", "pay_b").stdout
    assert run("audit", "prove", "pay_x").exit_code == 1


def test_a_bundle_holds_elsewhere(run: Run, payments: str, public_key: str) -> None:
    """A payment's bundle holds for the program that is given away, and the export is on record."""
    run("audit", "seal")
    run("audit", "export", "pay_a", "--format", "bundle", "--out", "bundle.json")

    assert check(Path("bundle.json"), [public_key]).startswith("pay_a is succeeded")
    assert "export_made" in run("audit", "actions").stdout


def test_payments_are_exported(run: Run, payments: str) -> None:
    """JSONL has a line for each payment, CSV one for each history row."""
    lines = run("audit", "export").stdout.splitlines()
    rows = list(csv.DictReader(io.StringIO(run("audit", "export", "--format", "csv").stdout)))
    one = run("audit", "export", "pay_b").stdout.splitlines()

    assert [json.loads(line)["payment"]["id"][-1] for line in lines] == list("abcde")
    assert len(rows) == 15
    assert {row["completed"] for row in rows} == {"", "true"}
    assert len(one) == 1


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("export", "--format", "bundle"), 2),
        (("export", "pay_x"), 1),
        (("export", "pay_a", "--format", "bundle"), 1),
        (("seals", "9"), 1),
        (("seals", "--export", "x"), 2),
        (("verify", "pay_a", "--seal", "x"), 2),
        (("verify", "--seal", "missing"), 1),
    ],
)
def test_what_cannot_be_done_is_told(
    run: Run, payments: str, arguments: tuple[str, ...], status: int
) -> None:
    """A wrong use ends in a usage error, and what is not there in a sentence."""
    refused = run("audit", *arguments)

    assert (refused.exit_code, refused.stdout) == (status, "")
    assert refused.stderr


def test_a_rewritten_payment_is_found(run: Run, payments: str, public_key: str) -> None:
    """A row that is changed after its seal is named, with the seal's number."""
    run("audit", "seal")
    asyncio.run(tamper(payments, "UPDATE attempts SET charge = NULL WHERE payment_id = 'pay_a'"))
    result = run("audit", "verify")

    assert result.exit_code == 1
    assert "pay_a: attempts row 1 breaks sealed: It is another than stood in seal 1." in (
        result.stdout
    )


def test_a_seal_that_no_named_key_signed_proves_little(
    run: Run, payments: str, public_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where no public key is named, whoever verifies is told that a seal vouches for itself."""
    run("audit", "seal")
    monkeypatch.delenv("ORCHESTRATOR_SEAL_KEY_FILE")
    verified = run("audit", "verify", "--json")

    assert (verified.exit_code, json.loads(verified.stdout)["ok"]) == (0, True)
    assert verified.stderr.startswith("No public key is named, so each seal was held against")
    assert "ORCHESTRATOR_SEAL_PUBLIC_KEYS" in verified.stderr


def test_the_program_is_printed(run: Run) -> None:
    """The program is printed whole, and needs no database for that."""
    printed = run("audit", "verifier").stdout

    assert printed.startswith("#!/usr/bin/env python3\n")
    assert printed.endswith("sys.exit(main())\n")
