"""Run the stand-in: ``python -m orchestrator.sandbox --port 12111``."""

import argparse
import socket
import sys

import uvicorn

from orchestrator.sandbox.app import create_app

HOST = "127.0.0.1"
DEFAULT_PORT = 12111


def main() -> None:
    """Serve on loopback until stopped; port 0 takes a free one. The address is printed first."""
    parser = argparse.ArgumentParser(prog="orchestrator.sandbox", description=main.__doc__)
    parser.add_argument("--port", type=int, default=DEFAULT_PORT)
    port = parser.parse_args().port
    with socket.create_server((HOST, port)) as listener:
        sys.stdout.write(f"http://{HOST}:{listener.getsockname()[1]}\n")
        sys.stdout.flush()
        config = uvicorn.Config(create_app(), log_level="warning", server_header=False)
        uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
