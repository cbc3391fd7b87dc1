"""Finds a Chromium to test pages in, and says what to install where there is none."""

import os
import shutil
from collections.abc import Mapping
from typing import Final

import pytest

NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
MISSING: Final = (
    "The checkout page is tested in Chromium, and there is none. Install one "
    "(Debian and Ubuntu: apt-get install chromium) or name one: CHROMIUM=/path/to/chromium"
)


def require_chromium(environment: Mapping[str, str] = os.environ) -> str:
    """Return Chromium's path. Without one CI fails; elsewhere the test is skipped."""
    found = environment.get("CHROMIUM") or next(
        filter(None, (shutil.which(name, path=environment.get("PATH")) for name in NAMES)), None
    )
    if found is None:
        if environment.get("CI"):
            pytest.fail(MISSING, pytrace=False)
        # A machine without a browser can test all else; CI, which may not leave pages out, has one.
        pytest.skip(MISSING)
    return found
