"""Starts the product's API as ``orchestrator serve --no-worker`` does."""

import sys

import uvicorn

from api.app import create_app


def main() -> None:
    """Serve on the loopback port given."""
    uvicorn.run(
        create_app(),
        host="127.0.0.1",
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
