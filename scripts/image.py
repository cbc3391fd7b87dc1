"""Finish the image's environment: our packages on its path, a command for them, all compiled.

Runs once, as the environment's own Python, while the image is built.
"""

from __future__ import annotations

import compileall
import sys
import sysconfig
from pathlib import Path

COMMAND = """\
#!{python}
from orchestrator.cli import app

app(prog_name="orchestrator")
"""


def main() -> int:
    """Do it, and say whether everything compiled."""
    environment = Path(sys.prefix)
    packages = Path(sysconfig.get_path("purelib"))
    (packages / "orchestrator.pth").write_text(f"{environment / 'app'}\n", encoding="utf-8")
    command = environment / "bin" / "orchestrator"
    command.write_text(COMMAND.format(python=environment / "bin" / "python"), encoding="utf-8")
    command.chmod(0o755)
    return 0 if compileall.compile_dir(environment / "app", quiet=1) else 1


if __name__ == "__main__":
    sys.exit(main())
