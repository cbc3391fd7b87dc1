"""A kit for tests of programs that use the orchestrator: the table, its paths, and a deployment.

Needs nothing of this project's own tests. ``pytest_plugins = ["orchestrator.testing.plugin"]`` in
a ``conftest.py`` gives the fixtures; docs/testing.md shows them. Refuses real Stripe and real
databases: what it starts is the stand-in, on loopback, over a temporary SQLite file.
"""

from orchestrator.testing.deployment import Deployment, OtherPath, start
from orchestrator.testing.paths import Path, PathsUnbounded, paths
from orchestrator.testing.stand_in import StandIn, StandInRefused
from orchestrator.testing.tables import TablesDiffer, assert_table

__all__ = [
    "Deployment",
    "OtherPath",
    "Path",
    "PathsUnbounded",
    "StandIn",
    "StandInRefused",
    "TablesDiffer",
    "assert_table",
    "paths",
    "start",
]
