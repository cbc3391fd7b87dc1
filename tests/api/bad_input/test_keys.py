"""Who is not let in: no key, no key in use, two keys, or one that is for something else."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from orchestrator.keys import create_key
from orchestrator.store.keys import insert_key, revoke_key
from tests.api.bad_input.conftest import Ground, told
from tests.api.bad_input.routes import KEYED, ROUTES, SCOPES

UNAUTHORIZED = (401, "unauthorized", None)
NOBODYS = b"ork_0123456789abcdef_" + b"x" * 43

NO_KEYS: Mapping[str, list[bytes]] = {
    "none": [],
    "empty": [b""],
    "scheme alone": [b"Bearer"],
    "scheme and space": [b"Bearer "],
    "no scheme": [NOBODYS],
    "another scheme": [b"Basic dXNlcjpwYXNz"],
    "another service's": [b"Bearer sk_test_4eC39HqLyjWDarjtT1zdp7dc"],
    "nobody's": [b"Bearer " + NOBODYS],
    "nobody's, twice": [b"Bearer " + NOBODYS] * 2,
    "id in capitals": [b"Bearer ork_0123456789ABCDEF_" + b"x" * 43],
    "too short": [b"Bearer ork_0123456789abcdef_" + b"x" * 42],
    "too long": [b"Bearer ork_0123456789abcdef_" + b"x" * 44],
    "very long": [b"Bearer ork_" + b"x" * 20_000],
    "NUL": [b"Bearer ork_0123456789abcde\x00_" + b"x" * 43],
    "line break": [b"Bearer ork_0123456789abcdef_" + b"x" * 42 + b"\n"],
    "no ASCII": [b"Bearer ork_\xe9"],
    "a quote": [b"Bearer ork_' OR '1'='1_" + b"x" * 43],
}


async def test_no_key_in_use(sqlite_ground: Ground) -> None:
    """Without a key that is in use every route is 401, says how to authenticate, moves nothing."""
    before = await sqlite_ground.stands()

    answers = {
        (name, case): await sqlite_ground.call(
            name, secret="", headers=[(b"authorization", header) for header in headers]
        )
        for name in KEYED
        for case, headers in NO_KEYS.items()
    }

    refused = product(KEYED, NO_KEYS)
    assert {case: told(answer) for case, answer in answers.items()} == dict.fromkeys(
        refused, UNAUTHORIZED
    )
    assert {answer.headers["WWW-Authenticate"] for answer in answers.values()} == {"Bearer"}
    assert await sqlite_ground.stands() == before


async def test_keys_that_were_good_once(ground: Ground) -> None:
    """A key that is revoked or expired, or of which only the id is known, opens nothing."""
    database = ground.api.world.runtime.database
    revoked_id, revoked = await ground.api.key("shop", "admin")
    await database.write(revoke_key, revoked_id, datetime.now(UTC))
    row, expired = create_key("shop", "admin", 1, datetime.now(UTC) - timedelta(days=2))
    await database.write(insert_key, row)
    guessed = ground.secrets["admin"][:-4] + "----"
    before = await ground.stands()

    answers = {
        (name, secret): told(await ground.call(name, secret=secret))
        for name in KEYED
        for secret in (revoked, expired, guessed)
    }

    assert answers == dict.fromkeys(product(KEYED, (revoked, expired, guessed)), UNAUTHORIZED)
    assert await ground.stands() == before


@pytest.mark.thorough
async def test_two_keys_at_once(sqlite_ground: Ground) -> None:
    """Who shows two keys shows none, even if both are good: nobody need guess which is meant."""
    before = await sqlite_ground.stands()
    good = f"Bearer {sqlite_ground.secrets['admin']}".encode()
    pairs = {
        "good twice": (good, good),
        "good first": (good, NOBODYS),
        "good last": (NOBODYS, good),
    }

    answers = {
        (name, case): told(
            await sqlite_ground.call(
                name, secret="", headers=[(b"authorization", each) for each in pair]
            )
        )
        for name in KEYED
        for case, pair in pairs.items()
    }

    assert answers == dict.fromkeys(product(KEYED, pairs), UNAUTHORIZED)
    assert await sqlite_ground.stands() == before


# By hand: what a key of each scope is refused.
OF_ADMINISTRATORS = {
    "resolve",
    "disable",
    "enable",
    "assign anomaly",
    "resolve anomaly",
    "replay",
    "create endpoint",
    "list endpoints",
    "get endpoint",
    "delete endpoint",
    "rotate secret",
    "enable endpoint",
    "list deliveries",
    "change rule",
    "decide rule",
}
OF_AUDITORS = {"rules", "rule", "what if", "actions", "list anomalies", "get anomaly"}
FORBIDDEN: Mapping[str, set[str]] = {
    "payments": OF_ADMINISTRATORS | OF_AUDITORS,
    "audit": OF_ADMINISTRATORS
    | {
        "create",
        "confirm",
        "cancel",
        "refresh",
        "capture",
        "refund",
        "client secret",
        "create customer",
        "get customer",
        "attach",
        "list cards",
        "get card",
        "update card",
        "detach",
    },
    "admin": set(),
}


async def test_keys_for_something_else(sqlite_ground: Ground) -> None:
    """A key of another scope is 403, which says the scope that it takes, and moves nothing."""
    before = await sqlite_ground.stands()

    answers = {
        (scope, name): await sqlite_ground.call(name, secret=sqlite_ground.secrets[scope])
        for scope, names in FORBIDDEN.items()
        for name in sorted(names)
    }

    assert {case: told(answer) for case, answer in answers.items()} == dict.fromkeys(
        answers, (403, "forbidden", None)
    )
    needed = {name: answer.json()["detail"] for (_, name), answer in answers.items()}
    others = {
        **dict.fromkeys(OF_ADMINISTRATORS, "This needs a key of scope admin."),
        **dict.fromkeys(OF_AUDITORS, "This needs a key of scope audit."),
    }
    assert needed == dict.fromkeys(needed, "This needs a key of scope payments.") | others
    assert await sqlite_ground.stands() == before


def test_no_other_scope_is_refused() -> None:
    """What is not forbidden by hand is what the table of routes grants."""
    granted = {
        scope: {name for name in KEYED if scope not in ROUTES[name].scopes} for scope in SCOPES
    }

    assert granted == FORBIDDEN


async def test_what_a_scope_grants(sqlite_ground: Ground) -> None:
    """Whatever a scope covers it can do, each of it."""
    done = {}
    for scope in SCOPES:
        for name in KEYED:
            if scope in ROUTES[name].scopes and name not in (
                "confirm",
                "cancel",
                "capture",
                "detach",
                "delete endpoint",
            ):
                answer = await sqlite_ground.call(name, secret=sqlite_ground.secrets[scope])
                done[scope, name] = answer.status_code

    assert {case for case, status in done.items() if status not in (200, 201)} == set()


@pytest.mark.thorough
async def test_strangers_learn_nothing(sqlite_ground: Ground) -> None:
    """Who may not ask is told so before anything of the request is read."""
    before = await sqlite_ground.stands()
    auditor = sqlite_ground.secrets["audit"]
    answers = {}
    for name in FORBIDDEN["audit"]:
        worst = {"on": "nobody", "content": b"{", "key": b"x" * 999}
        answers[name] = (
            told(await sqlite_ground.call(name, secret="", **worst)),  # type: ignore[arg-type]
            told(await sqlite_ground.call(name, secret=auditor, **worst)),  # type: ignore[arg-type]
        )

    assert answers == dict.fromkeys(answers, (UNAUTHORIZED, (403, "forbidden", None)))
    assert await sqlite_ground.stands() == before
