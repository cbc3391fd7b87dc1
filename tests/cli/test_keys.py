"""``keys`` makes, lists and revokes API keys; a secret is seen once."""

import json
import sqlite3
from contextlib import closing

from sqlalchemy.engine import make_url

from orchestrator.keys import parse_secret
from tests.cli.conftest import Run

CREATE = ("keys", "create", "--name", "shop", "--scope", "payments")


def test_created_key_is_printed_once(run: Run, stored: str) -> None:
    """The JSON has id, name, scope and secret, and the secret is in no file."""
    printed = json.loads(run(*CREATE, "--json").stdout)

    parsed = parse_secret(printed["secret"])
    assert parsed is not None
    assert (set(printed), parsed[0]) == ({"id", "name", "scope", "secret"}, printed["id"])
    assert (printed["name"], printed["scope"]) == ("shop", "payments")
    with closing(sqlite3.connect(make_url(stored).database or "")) as connection:
        dump = "\n".join(connection.iterdump())
    assert parsed[1] not in dump


def test_secret_alone_goes_to_standard_output(run: Run, stored: str) -> None:
    """Without --json standard output is the secret and nothing else, ready to be kept."""
    result = run(*CREATE)

    assert parse_secret(result.stdout.strip()) is not None
    assert "not stored" in result.stderr


def test_keys_are_listed_without_secrets(run: Run, stored: str) -> None:
    """A list shows each key's status, and no secret or hash."""
    run(*CREATE)
    run("keys", "create", "--name", "auditor", "--scope", "audit", "--expires", "7")

    listed = json.loads(run("keys", "list", "--json").stdout)

    assert sorted((key["name"], key["status"]) for key in listed) == [
        ("auditor", "in use"),
        ("shop", "in use"),
    ]
    assert not any("secret" in name for key in listed for name in key)


def test_revoked_key_is_shown_as_revoked(run: Run, stored: str) -> None:
    """A revoked key stays in the list, as revoked."""
    key = json.loads(run(*CREATE, "--json").stdout)["id"]

    assert run("keys", "revoke", key).exit_code == 0
    assert [k["status"] for k in json.loads(run("keys", "list", "--json").stdout)] == ["revoked"]
    assert "revoked" in run("keys", "list").stdout


def test_revoking_again_says_so(run: Run, stored: str) -> None:
    """A key that is revoked already is told apart from one that nobody has."""
    key = json.loads(run(*CREATE, "--json").stdout)["id"]
    run("keys", "revoke", key)
    again = run("keys", "revoke", key)

    assert again.exit_code == 1
    assert f"{key} is revoked already" in again.stderr


def test_revoking_nothing_fails(run: Run, stored: str) -> None:
    """An id that no key in use has is an error with the next step in it."""
    result = run("keys", "revoke", "0123456789abcdef")

    assert (result.exit_code, "orchestrator keys list" in result.stderr) == (1, True)


def test_bad_name_is_refused(run: Run, stored: str) -> None:
    """A name that cannot be an owner is refused in one sentence."""
    result = run("keys", "create", "--name", " ", "--scope", "admin")

    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)


def test_empty_list_says_what_to_do(run: Run, stored: str) -> None:
    """Without any key the list says how to make one."""
    assert "keys create" in run("keys", "list").stdout
