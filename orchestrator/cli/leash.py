"""Runs a module as a child that cannot outlive its parent: ``python -m orchestrator.cli.leash M``.

The parent holds the other end of the child's standard input. However the parent dies, the kernel
closes that end; the child sees it and stops. Works on every system and needs no signal of ours.
"""

import os
import runpy
import signal
import sys
import threading
import time

# Longer than a graceful stop takes; what still runs then hangs.
GRACE_SECONDS = 5.0


def main() -> None:
    """Watch the leash and run the module named by the first argument with the rest as its own."""
    threading.Thread(target=_watch, name="leash", daemon=True).start()
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _watch() -> None:
    while os.read(0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
