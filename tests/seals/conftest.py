"""A bundle and a seal's file, as they are given away."""

from pathlib import Path

import pytest

from orchestrator.audit.export import bundle_of
from orchestrator.seals.files import seal_lines
from orchestrator.seals.seal import public_key_of
from orchestrator.seals.sealing import make_seal
from orchestrator.store.connections import open_database
from tests.seals.test_seal import KEY
from tests.stored_payments import store_one_of_each

PUBLIC_KEYS = [public_key_of(KEY)]


class Files:
    """A bundle of a payment that was paid, and the seal that it is in."""

    def __init__(self, folder: Path, bundle: bytes, seal: bytes) -> None:
        """Write both."""
        self.bundle, self.seal = folder / "bundle.json", folder / "seal.jsonl"
        self.bundle.write_bytes(bundle)
        self.seal.write_bytes(seal)


@pytest.fixture
async def files(sqlite_url: str, tmp_path: Path) -> Files:
    """Seal payments of every kind; write the seal and the bundle of one."""
    database = open_database(sqlite_url)
    await store_one_of_each(database)
    signed = await make_seal(database, KEY, "one")
    lines = [line async for line in seal_lines(database, signed)]
    bundle = await bundle_of(database, "pay_a")
    await database.close()
    return Files(tmp_path, bundle, b"".join(lines))


def changed(content: bytes, place: int) -> bytes:
    """Change one bit of one byte."""
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
