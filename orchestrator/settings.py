"""The settings: environment variables ``ORCHESTRATOR_*``, and ``.env`` where there is one."""

from typing import Final, Literal
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from orchestrator.rates import read_rate

# https://docs.stripe.com/rate-limits: to one endpoint, in a sandbox; a live account has more.
STRIPE_CALLS_PER_SECOND: Final = 25.0
STRIPE_HOST: Final = "api.stripe.com"
# A confirm may ask Stripe, which may take its thirty seconds, and then read what became of it.
SHUTDOWN_SECONDS: Final = 40.0


class Settings(BaseSettings):
    """What a deployment decides. Times are seconds."""

    model_config = SettingsConfigDict(
        env_prefix="ORCHESTRATOR_", env_file=".env", extra="ignore", frozen=True
    )

    database_url: str = "sqlite:///orchestrator.db"
    migration_database_url: str | None = None
    database_pool: int = Field(default=20, ge=1, le=500)
    database_pool_overflow: int = Field(default=0, ge=0, le=500)
    database_pool_timeout: float = Field(default=10.0, gt=0, le=300)
    database_connect_timeout: float = Field(default=5.0, gt=0, le=300)
    database_command_timeout: float = Field(default=20.0, gt=0, le=3600)
    database_statement_timeout: float = Field(default=15.0, gt=0, le=3600)
    database_lock_timeout: float = Field(default=5.0, gt=0, le=3600)
    database_idle_timeout: float = Field(default=15.0, gt=0, le=3600)
    database_retry: float = Field(default=10.0, ge=0, le=300)
    stripe_api_key: SecretStr | None = None
    stripe_api_base: str | None = None
    stripe_webhook_secrets: SecretStr | None = None
    stripe_timeout: float = Field(default=30.0, gt=0, le=300)
    stripe_rate: float | None = Field(default=None, gt=0, le=10_000)
    max_attempts: int = Field(default=4, ge=1, le=10)
    payment_ttl: int = Field(default=86400, ge=1)
    confirm_deadline: int = Field(default=3600, ge=1)
    auto_retry: int = Field(default=0, ge=0, le=9)
    declines_per_day: int = Field(default=10, ge=0, le=1000)
    declines_per_30_days: int = Field(default=15, ge=0, le=1000)
    rate_limit: str | None = None
    handlers: str | None = None
    rules_need_approval: bool = False
    webhook_allow_private: bool = False
    event_streams: int = Field(default=100, ge=0, le=10_000)
    seal_key_file: str | None = None
    seal_public_keys: str | None = None
    seal_interval: int = Field(default=86400, ge=0, le=31_536_000)
    shutdown_delay: float = Field(default=0.0, ge=0, le=300)
    shutdown_timeout: float = Field(default=SHUTDOWN_SECONDS, gt=0, le=3600)
    log_format: Literal["auto", "console", "json"] = "auto"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @field_validator("database_url", "migration_database_url")
    @classmethod
    def _names_our_driver(cls, value: str | None) -> str | None:
        """Take the spellings of other programs, too: the driver is ours to choose."""
        scheme, separator, rest = (value or "").partition("://")
        if separator and scheme in {"postgres", "postgresql"}:
            return f"postgresql+asyncpg://{rest}"
        return value

    @field_validator("stripe_api_key")
    @classmethod
    def _looks_like_a_key(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(("sk_", "rk_")):
            raise ValueError("a Stripe secret key starts with sk_ or rk_")
        return value

    @field_validator("log_format", "log_level", mode="before")
    @classmethod
    def _in_any_case(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @field_validator("rate_limit")
    @classmethod
    def _is_a_rate(cls, value: str | None) -> str | None:
        if not value:
            return None
        read_rate(value)
        return value

    @property
    def calls_per_second(self) -> float | None:
        """How often one operation of Stripe's is asked for: Stripe's own limit where it is Stripe.

        Null, for another address, is as often as anybody wants.
        """
        if self.stripe_rate is not None:
            return self.stripe_rate
        return STRIPE_CALLS_PER_SECOND if self.speaks_to_stripe else None

    @property
    def webhook_secrets(self) -> tuple[str, ...]:
        """The secrets that Stripe's webhooks may be signed with: two while one is rotated."""
        secrets = self.stripe_webhook_secrets
        given = secrets.get_secret_value().split(",") if secrets is not None else []
        return tuple(secret.strip() for secret in given if secret.strip())

    @property
    def live(self) -> bool:
        """Whether the Stripe key moves real money."""
        key = self.stripe_api_key.get_secret_value() if self.stripe_api_key else ""
        return key.startswith(("sk_live_", "rk_live_"))

    @property
    def speaks_to_stripe(self) -> bool:
        """Whether calls go to Stripe itself rather than to another address."""
        if self.stripe_api_base is None:
            return True
        address = urlsplit(self.stripe_api_base)
        return address.scheme == "https" and address.hostname == STRIPE_HOST
