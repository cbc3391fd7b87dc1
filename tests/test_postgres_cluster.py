"""The PostgreSQL of the outage tests, where they do not show it themselves."""

from __future__ import annotations

import subprocess

import pytest

from tests.postgres_cluster import Cluster
from tests.postgres_server import ServerFailed, programs

INSERT = "INSERT INTO word VALUES ('kept')"


def test_standby_that_waits_for_itself_hangs() -> None:
    """A promoted standby that inherits the names of standbys acknowledges nothing."""
    with Cluster.start() as cluster:
        cluster.primary.execute("CREATE TABLE word (value text)")
        cluster.add_standby()
        assert cluster.standby is not None
        cluster.kill_primary()
        cluster.promote(clear_names=False)
        psql = [str(programs() / "bin" / "psql"), "-h", str(cluster.standby.directory)]

        with pytest.raises(subprocess.TimeoutExpired):
            subprocess.run([*psql, "-U", "postgres", "-c", INSERT], timeout=2, check=False)
        with pytest.raises(ServerFailed):
            cluster.primary.execute(INSERT)
