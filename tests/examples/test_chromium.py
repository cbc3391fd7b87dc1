"""Where there is no Chromium: CI must not pass without one, a laptop may."""

import pytest

from tests.examples.chromium import require_chromium


def test_ci_fails_without_chromium() -> None:
    """In CI a missing Chromium is a failure that says what to install."""
    with pytest.raises(pytest.fail.Exception, match="apt-get install chromium"):
        require_chromium({"PATH": "", "CI": "true"})


def test_others_skip_without_chromium() -> None:
    """Outside CI the browser tests are skipped, for the same reason."""
    with pytest.raises(pytest.skip.Exception, match="apt-get install chromium"):
        require_chromium({"PATH": ""})


def test_a_chromium_can_be_named() -> None:
    """A Chromium elsewhere is taken by its path."""
    assert require_chromium({"PATH": "", "CHROMIUM": "/opt/chromium"}) == "/opt/chromium"
