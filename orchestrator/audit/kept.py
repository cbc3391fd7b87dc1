"""Holds the database against a seal that was kept elsewhere: what the database cannot unsay.

The seals of a database, and their leaves, can be removed from it. A file kept by somebody else
still names each payment it was over, and how far it had come.
"""

from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Final

from orchestrator.audit.records import Problem
from orchestrator.audit.report import AuditReport
from orchestrator.audit.seals import seal_problem
from orchestrator.audit.walk import problems_with_leaves
from orchestrator.seals.files import SealFileBroken, leaves_of_file, read_seal_file
from orchestrator.seals.seal import SignedSeal, signature_flaws
from orchestrator.store.connections import Database
from orchestrator.store.seals import read_seal

PAGE: Final = 200


async def verify_against_file(
    database: Database, path: Path, trusted: Mapping[str, str], report: AuditReport
) -> SignedSeal:
    """Hold the database against a seal's file; add what differs to the report.

    Raises:
        SealFileBroken: the file itself is not as it was written, or of no trusted key.
    """
    kept = read_seal_file(path)
    for _, sentence in signature_flaws(kept, trusted):
        raise SealFileBroken(f"{path} proves nothing. {sentence}")
    stored = await database.read(read_seal, kept.seal.number)
    report.add_all(_differences(kept, stored))
    leaves = leaves_of_file(path)
    while page := list(islice(leaves, PAGE)):
        name = f"the kept seal {kept.seal.number}"
        report.add_all(await problems_with_leaves(database, name, page))
        report.leaves += len(page)
    return kept


def _differences(kept: SignedSeal, stored: SignedSeal | None) -> list[Problem]:
    number = kept.seal.number
    if stored is None:
        sentence = "It was kept elsewhere, and is not stored any more; seals were removed."
        return [seal_problem(number, "kept_seal", sentence)]
    if stored != kept:
        sentence = "It is another than the one that was kept elsewhere."
        return [seal_problem(number, "kept_seal", sentence)]
    return []
