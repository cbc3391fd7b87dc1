"""What the console's answers allow a browser to do: only what comes from here, nothing inline."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_COMMON: Final = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    # Payments' ids stand in addresses.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Whoever comes back to a browser that has signed out finds nothing in it.
PAGE_HEADERS: Final[Mapping[str, str]] = MappingProxyType({**_COMMON, "Cache-Control": "no-store"})
FILE_HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {**_COMMON, "Cache-Control": "public, max-age=31536000, immutable"}
)
