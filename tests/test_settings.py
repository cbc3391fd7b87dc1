"""The settings: what the environment may say, and which deployments refuse to start."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from orchestrator.errors import Misconfigured
from orchestrator.runtime import Runtime, check_database, check_stripe
from orchestrator.settings import Settings
from orchestrator.store import migrate
from orchestrator.store.connections import Database, open_database

TEST_KEY = "sk_test_51abc"
LIVE_KEYS = ["sk_live_51abc", "rk_live_51abc"]
NOT_STRIPE = [
    "http://api.stripe.com",
    "http://127.0.0.1:12111",
    "https://api.stripe.com.example.org",
    "https://api.stripe.com@example.org",
    "https://example.org/api.stripe.com",
]


@pytest.fixture(autouse=True)
def _no_settings_around(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Start from an environment and a folder that say nothing."""
    for name in Settings.model_fields:
        monkeypatch.delenv(f"ORCHESTRATOR_{name.upper()}", raising=False)
    monkeypatch.chdir(tmp_path)


def with_key(key: str | None, base: str | None = None) -> Settings:
    """Build settings with a Stripe key."""
    secret = SecretStr(key) if key is not None else None
    return Settings(stripe_api_key=secret, stripe_api_base=base)


def test_nothing_set_is_the_embedded_default() -> None:
    """With nothing set there is a SQLite file, four attempts, and no key."""
    settings = Settings()

    assert settings.database_url == "sqlite:///orchestrator.db"
    assert (settings.max_attempts, settings.payment_ttl, settings.confirm_deadline) == (
        4,
        86400,
        3600,
    )
    assert (settings.stripe_timeout, settings.stripe_api_key, settings.rate_limit) == (
        30.0,
        None,
        None,
    )


def test_environment_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting is an environment variable of its name."""
    monkeypatch.setenv("ORCHESTRATOR_MAX_ATTEMPTS", "7")

    assert Settings().max_attempts == 7


def test_dotenv_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in the folder sets what the environment does not."""
    Path(".env").write_text("ORCHESTRATOR_MAX_ATTEMPTS=2\nORCHESTRATOR_PAYMENT_TTL=60\nOTHER=1\n")
    monkeypatch.setenv("ORCHESTRATOR_PAYMENT_TTL", "90")
    settings = Settings()

    assert (settings.max_attempts, settings.payment_ttl) == (2, 90)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MAX_ATTEMPTS", "0"),
        ("MAX_ATTEMPTS", "11"),
        ("MAX_ATTEMPTS", "some"),
        ("PAYMENT_TTL", "0"),
        ("CONFIRM_DEADLINE", "0"),
        ("STRIPE_TIMEOUT", "0"),
        ("DATABASE_POOL", "0"),
        ("RATE_LIMIT", "fast"),
        ("RATE_LIMIT", "0/second"),
        ("RATE_LIMIT", "-1/second"),
        ("RATE_LIMIT", "1/fortnight"),
        ("RATE_LIMIT", "10"),
        ("STRIPE_API_KEY", "pk_test_1"),
        ("STRIPE_API_KEY", "whsec_1"),
    ],
)
def test_value_out_of_range_is_refused(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """A value that no deployment can mean is refused when it is read."""
    monkeypatch.setenv(f"ORCHESTRATOR_{name}", value)
    with pytest.raises(ValidationError):
        Settings()


@pytest.mark.parametrize("name", ["stripe_api_key", "stripe_webhook_secrets"])
def test_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Settings that are printed or logged give no secret away."""
    monkeypatch.setenv(f"ORCHESTRATOR_{name.upper()}", "sk_test_hidden")

    assert "hidden" not in f"{Settings()!r} {Settings()} {Settings().model_dump()}"


@pytest.mark.parametrize("key", LIVE_KEYS)
def test_live_key_is_told(key: str) -> None:
    """Secret and restricted keys that move real money are told apart."""
    assert with_key(key).live
    assert not with_key(TEST_KEY).live


# ── the Stripe key ───────────────────────────────────────────────────────────────────────────


def test_missing_key_is_refused() -> None:
    """Without a key there is nothing to start, and the message says what to set."""
    with pytest.raises(Misconfigured, match="ORCHESTRATOR_STRIPE_API_KEY"):
        check_stripe(with_key(None))


@pytest.mark.parametrize("base", NOT_STRIPE)
@pytest.mark.parametrize("key", LIVE_KEYS)
def test_live_key_goes_to_stripe_alone(key: str, base: str) -> None:
    """A live key is not sent to an address that is not Stripe's."""
    with pytest.raises(Misconfigured, match="ORCHESTRATOR_STRIPE_API_BASE"):
        check_stripe(with_key(key, base))


@pytest.mark.parametrize("base", [None, "https://api.stripe.com", "https://api.stripe.com/v1"])
@pytest.mark.parametrize("key", [TEST_KEY, *LIVE_KEYS])
def test_key_to_stripe_is_taken(key: str, base: str | None) -> None:
    """Any secret key may be sent to Stripe."""
    assert check_stripe(with_key(key, base)) == key


@pytest.mark.parametrize("base", NOT_STRIPE)
def test_test_key_goes_anywhere(base: str) -> None:
    """A test key may be sent to a stand-in."""
    assert check_stripe(with_key(TEST_KEY, base)) == TEST_KEY


# ── the database ─────────────────────────────────────────────────────────────────────────────


@pytest.fixture
async def database(sqlite_url: str) -> AsyncIterator[Database]:
    """Open a migrated database."""
    opened = open_database(sqlite_url)
    yield opened
    await opened.close()


async def test_unmigrated_database_is_refused(empty_sqlite_url: str) -> None:
    """A database without the schema is refused with the command that brings it there."""
    database = open_database(empty_sqlite_url)
    with pytest.raises(Misconfigured, match="orchestrator migrate"):
        await check_database(database, with_key(TEST_KEY))
    await database.close()


async def test_older_schema_is_refused(database: Database) -> None:
    """A database at another revision is refused, and the message names both."""
    await database.write(
        lambda connection: connection.exec_driver_sql(
            "UPDATE alembic_version SET version_num = '0000'"
        )
    )
    with pytest.raises(Misconfigured, match=f"0000.*{migrate.head()}"):
        await check_database(database, with_key(TEST_KEY))


@pytest.mark.parametrize(("first", "second"), [(TEST_KEY, LIVE_KEYS[0]), (LIVE_KEYS[1], TEST_KEY)])
async def test_database_of_the_other_mode_is_refused(
    database: Database, first: str, second: str
) -> None:
    """A database that was used with one kind of key refuses the other."""
    await check_database(database, with_key(first))
    with pytest.raises(Misconfigured, match="of its own for each mode"):
        await check_database(database, with_key(second))

    await check_database(database, with_key(first))


async def test_refused_runtime_leaves_nothing_open(empty_sqlite_url: str) -> None:
    """A deployment that cannot start closes what it had opened."""
    settings = Settings(
        database_url=empty_sqlite_url, stripe_api_key=SecretStr(TEST_KEY), stripe_api_base=None
    )
    with pytest.raises(Misconfigured, match="orchestrator migrate"):
        await Runtime.open(settings)


async def test_runtime_opens_and_closes(sqlite_url: str) -> None:
    """A deployment whose parts fit together starts."""
    settings = Settings(database_url=sqlite_url, stripe_api_key=SecretStr(TEST_KEY))
    runtime = await Runtime.open(settings)
    mode = await runtime.database.read(
        lambda connection: connection.exec_driver_sql("SELECT mode FROM deployment").scalar_one()
    )
    await runtime.close()

    assert mode == "test"


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg"])
def test_postgresql_address_in_any_spelling(scheme: str) -> None:
    """Whoever's spelling an address comes in, our driver is the one it names."""
    settings = Settings(database_url=f"{scheme}://user@host/name")

    assert settings.database_url == "postgresql+asyncpg://user@host/name"
