"""``python -m orchestrator`` is the same as the console script ``orchestrator``."""

from orchestrator.cli import app

if __name__ == "__main__":
    app(prog_name="orchestrator")
