"""API keys: what one looks like, what is stored of it, and when it is taken."""

from datetime import UTC, datetime, timedelta

import pytest

from orchestrator.keys import SCOPES, create_key, parse_secret, verify

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def made(scope: str = "payments", expires_days: int | None = None) -> tuple[dict[str, object], str]:
    """Make a key, and return its row and the secret part of what was shown."""
    row, shown = create_key("shop", scope, expires_days, NOW)
    parsed = parse_secret(shown)
    assert parsed is not None
    assert parsed[0] == row["id"]
    return row, parsed[1]


@pytest.mark.parametrize("scope", SCOPES)
def test_new_key_is_taken(scope: str) -> None:
    """A key works as soon as it is made, for each scope."""
    row, secret = made(scope)

    assert verify(row, secret, NOW)
    assert row["scope"] == scope


def test_secret_is_not_stored() -> None:
    """Nothing in the row gives the secret away."""
    row, secret = made()

    assert not [value for value in row.values() if isinstance(value, str) and secret in value]


def test_keys_differ() -> None:
    """Two keys of one name share neither id nor secret."""
    keys = [made() for _ in range(20)]

    assert len({row["id"] for row, _ in keys}) == 20
    assert len({secret for _, secret in keys}) == 20


def test_other_secret_is_refused() -> None:
    """Another key's secret does not open this one."""
    (row, _), (_, other) = made(), made()

    assert not verify(row, other, NOW)


def test_revoked_key_is_refused() -> None:
    """A revoked key is refused, whatever its secret."""
    row, secret = made()

    assert not verify(row | {"revoked_at": NOW}, secret, NOW)


def test_key_expires() -> None:
    """A key is taken up to the moment it expires, and from then on refused."""
    row, secret = made(expires_days=1)

    assert verify(row, secret, NOW + DAY - timedelta(microseconds=1))
    assert not verify(row, secret, NOW + DAY)


def test_key_without_expiry_lasts() -> None:
    """A key that was given no days goes on."""
    row, secret = made()

    assert row["expires_at"] is None
    assert verify(row, secret, NOW + 9999 * DAY)


@pytest.mark.parametrize(
    ("name", "scope", "days"),
    [
        ("", "payments", None),
        (" shop", "payments", None),
        ("shop\n", "payments", None),
        ("x" * 101, "payments", None),
        ("shop", "everything", None),
        ("shop", "", None),
        ("shop", "payments", 0),
        ("shop", "payments", -1),
        ("shop", "payments", 3651),
    ],
)
def test_key_is_not_made(name: str, scope: str, days: int | None) -> None:
    """A name, scope or life that cannot be is refused."""
    with pytest.raises(ValueError, match=r"^A key"):
        create_key(name, scope, days, NOW)


GOOD = f"ork_{'0' * 16}_{'a' * 43}"


def test_key_is_split() -> None:
    """A key is its id and its secret."""
    assert parse_secret(GOOD) == ("0" * 16, "a" * 43)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ork",
        GOOD[:-1],
        GOOD + "a",
        GOOD + "\n",
        " " + GOOD,
        GOOD.upper(),
        GOOD.replace("ork", "sk"),
        GOOD.replace("_", "-"),
        GOOD.replace("a", "é"),
        GOOD.replace("0", "\N{ARABIC-INDIC DIGIT ZERO}"),
    ],
    ids=repr,
)
def test_what_is_no_key_is_null(text: str) -> None:
    """What cannot be a key is told apart without looking in the database."""
    assert parse_secret(text) is None
