"""What proves later what stood here: seals, their leaves, and whose turn it is to seal."""

from sqlalchemy import CheckConstraint, Column, Integer, Table, Text, UniqueConstraint

from orchestrator.chain import GENESIS
from orchestrator.store.schema.base import SQLITE, metadata
from orchestrator.store.types import BIG, DOCUMENT, MOMENT

seals = Table(
    "seals",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sealed_at", MOMENT, nullable=False),
    Column("payments", BIG, nullable=False),
    Column("root", Text, nullable=False),
    Column("previous_hash", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("other_chains", DOCUMENT, nullable=False),
    Column("hash", Text, nullable=False),
    Column("signature", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    CheckConstraint("number >= 1", name="number_from_one"),
    CheckConstraint(f"number > 1 or previous_hash = '{GENESIS}'", name="chain_begins"),
    **SQLITE,
)

# How far each payment had come that a seal is over, in the order of the seal's tree. Those of the
# seal that comes next are a draft: until it stands they may leave again.
seal_leaves = Table(
    "seal_leaves",
    metadata,
    Column("seal", Integer, primary_key=True, autoincrement=False),
    Column("position", BIG, primary_key=True, autoincrement=False),
    Column("payment_id", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("last_hash", Text, nullable=False),
    Column("evidence_count", Integer, nullable=False),
    Column("evidence_hash", Text, nullable=False),
    # A hash for each closed attempt.
    Column("attempts", DOCUMENT, nullable=False),
    UniqueConstraint("payment_id", "seal", name="uq_seal_leaves_payment"),
    CheckConstraint("position >= 0", name="position_from_zero"),
    **SQLITE,
)

# Whoever holds the one row seals, until the lease ends; and when the next seal is due.
seal_turn = Table(
    "seal_turn",
    metadata,
    Column("single", Integer, primary_key=True, autoincrement=False),
    Column("holder", Text),
    Column("lease_until", MOMENT),
    Column("due_at", MOMENT),
    CheckConstraint("single = 1", name="one_row"),
    CheckConstraint("(holder is null) = (lease_until is null)", name="held_until"),
    **SQLITE,
)
