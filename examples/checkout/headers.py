"""What the shop's answers allow a browser to do: no inline script, and only Stripe besides us."""

from typing import Final

from examples.checkout.settings import Settings

# docs.stripe.com/security/guide#content-security-policy
STRIPE_SCRIPTS: Final = ("https://js.stripe.com", "https://*.js.stripe.com")
STRIPE_FRAMES: Final = (*STRIPE_SCRIPTS, "https://hooks.stripe.com")
STRIPE_API: Final = ("https://api.stripe.com",)


def security_headers(settings: Settings) -> dict[str, str]:
    """Return the headers of the page and its files."""
    return {
        "Content-Security-Policy": _policy(settings.stand_in),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "strict-origin-when-cross-origin",
        # A page of an older version would not understand the server's answers.
        "Cache-Control": "no-cache",
    }


def _policy(stand_in: str | None) -> str:
    scripts = () if stand_in else STRIPE_SCRIPTS
    frames = (stand_in,) if stand_in else STRIPE_FRAMES
    calls = (stand_in,) if stand_in else STRIPE_API
    rules = {
        "default-src": ("'none'",),
        "script-src": ("'self'", *scripts),
        "style-src": ("'self'",),
        "img-src": ("'self'", "data:"),
        "connect-src": ("'self'", *calls),
        "frame-src": frames,
        "base-uri": ("'none'",),
        "form-action": ("'self'",),
        "frame-ancestors": ("'none'",),
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in rules.items())
