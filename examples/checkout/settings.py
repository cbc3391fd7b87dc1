"""What the shop has to be told: environment variables ``SHOP_*``."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

# docs.stripe.com/sdks/stripejs-versioning: v3 goes on getting fixes. It must come from there.
STRIPE_JS: Final = "https://js.stripe.com/v3/"


class SettingsIncomplete(Exception):
    """A setting the shop cannot do without is missing."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where the orchestrator is, the shop's key for it, and Stripe's key for browsers.

    ``stand_in`` is the address of the Stripe stand-in, and null in production.
    """

    orchestrator_url: str
    orchestrator_key: str = field(repr=False)
    publishable_key: str
    stand_in: str | None = None

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> "Settings | None":
        """Read the environment; null where it says nothing of the shop.

        Raises:
            SettingsIncomplete: it says only a part.
        """
        names = ("ORCHESTRATOR_URL", "ORCHESTRATOR_KEY", "STRIPE_PUBLISHABLE_KEY")
        given = {name: environment.get(f"SHOP_{name}", "") for name in names}
        if not any(given.values()):
            return None
        missing = [f"SHOP_{name}" for name, value in given.items() if not value]
        if missing:
            raise SettingsIncomplete(f"Set {' and '.join(missing)} as well.")
        if not given["STRIPE_PUBLISHABLE_KEY"].startswith("pk_"):
            # A secret key in its place would be sent to every browser.
            raise SettingsIncomplete("SHOP_STRIPE_PUBLISHABLE_KEY must begin with pk_.")
        return cls(
            given["ORCHESTRATOR_URL"].rstrip("/"),
            given["ORCHESTRATOR_KEY"],
            given["STRIPE_PUBLISHABLE_KEY"],
            environment.get("SHOP_STAND_IN", "").rstrip("/") or None,
        )

    @property
    def stripe_script(self) -> str:
        """Where the page loads Stripe.js from."""
        if self.stand_in is None:
            return STRIPE_JS
        return f"/stripe_stub.js?api={self.stand_in}"
