"""The command that opens the shop."""

import os
import signal
import subprocess
import sys

import httpx2

from examples.checkout.settings import Settings


def command(*arguments: str, **environment: str) -> subprocess.Popen[str]:
    """Start the command as a program of its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SHOP_")}
    return subprocess.Popen(
        [sys.executable, "-m", "examples.checkout", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=kept | environment,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )


def test_the_command_opens_the_shop(settings: Settings) -> None:
    """It prints its address, answers there, and ends quietly on Ctrl-C."""
    program = command(
        *("--port", "0"),
        SHOP_ORCHESTRATOR_URL=settings.orchestrator_url,
        SHOP_ORCHESTRATOR_KEY=settings.orchestrator_key,
        SHOP_STRIPE_PUBLISHABLE_KEY=settings.publishable_key,
        SHOP_STAND_IN=settings.stand_in or "",
    )
    assert program.stdout is not None, "the program was given a pipe"
    line = program.stdout.readline()
    page = httpx2.get(line.split()[5], trust_env=False)
    program.send_signal(signal.SIGINT)
    _, errors = program.communicate(timeout=20)

    assert page.status_code == 200
    assert "Checkout" in page.text
    assert (program.returncode, errors) == (0, "")


def test_a_setting_too_few_is_named() -> None:
    """A shop that is told only a part does not start, and says which part is missing."""
    program = command("--port", "0", SHOP_ORCHESTRATOR_KEY="ork_k_s")
    _, errors = program.communicate(timeout=20)

    assert program.returncode == 1
    assert "SHOP_ORCHESTRATOR_URL and SHOP_STRIPE_PUBLISHABLE_KEY" in errors
