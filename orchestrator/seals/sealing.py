"""Makes a seal, a page of payments at a time, so that nothing else waits for it.

Each page is read in one snapshot and its leaves are stored in a short transaction; the root grows
with them. The seal comes last, and only while the turn is still ours.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from orchestrator.actions import seal_made
from orchestrator.chain import GENESIS
from orchestrator.errors import OrchestratorError
from orchestrator.payment import Actor
from orchestrator.seals.chains import OTHER_CHAINS, HeadOf, heads_now
from orchestrator.seals.seal import Leaf, Seal, SignedSeal, key_id_of, public_key_of, sign
from orchestrator.seals.tree import Tree
from orchestrator.store.connections import Database
from orchestrator.store.seals import (
    TurnLost,
    add_leaves,
    add_seal,
    find_unsealed,
    last_seal,
    leave_turn,
    take_turn,
)

PAGE: Final = 1000
# Longer than a page takes by far; who dies in between is followed after it.
LEASE: Final = timedelta(seconds=60)

Clock = Callable[[], datetime]


def _now() -> datetime:
    return datetime.now(UTC)


class SealingElsewhere(OrchestratorError):
    """Another process makes a seal right now."""

    code = "sealing_elsewhere"


class SealingRefused(OrchestratorError):
    """A payment's heads are not what its rows say: it was tampered with, and cannot be sealed."""

    code = "sealing_refused"


class Sealing:
    """One seal in the making; ``begin`` takes the turn, ``step`` goes on, ``finish`` signs."""

    def __init__(
        self,
        database: Database,
        key: Ed25519PrivateKey,
        holder: str,
        *,
        clock: Clock = _now,
        chains: Mapping[str, HeadOf] = OTHER_CHAINS,
    ) -> None:
        """Do nothing yet."""
        self.database = database
        self.tree = Tree()
        self._key = key
        # Two containers of one host may have one name and process id: each making has its own.
        self._holder = f"{holder}:{uuid4().hex}"
        self._clock = clock
        self._chains = chains
        self._after: str | None = ""
        self._previous: SignedSeal | None = None

    @property
    def number(self) -> int:
        """The number that the seal will have."""
        return self._previous.seal.number + 1 if self._previous else 1

    async def begin(self, *, only_due: bool = False) -> bool:
        """Take the turn and throw away a draft that somebody left; False where it is not ours."""
        now = self._clock()
        taken = await self.database.write(take_turn, self._holder, now, now + LEASE, only_due)
        if taken:
            self._previous = await self.database.read(last_seal)
            await self._add([])
        return taken

    async def step(self) -> bool:
        """Seal the next page of payments; False once there is none left.

        Raises:
            SealingElsewhere: it took so long that another process has the turn.
            SealingRefused: a payment's heads are not what its rows say.
        """
        if self._after is None:
            return False
        found = await self.database.read(find_unsealed, self._after, PAGE)
        self._after = found.until
        if found.leaves:
            await self._add(found.leaves)
        for leaf in found.leaves:
            self.tree.append(leaf.entry())
        return self._after is not None

    async def finish(
        self, due_at: datetime | None = None, actor: Actor | None = None
    ) -> SignedSeal:
        """Sign and store the seal; the next one is due at ``due_at``.

        A person who makes a seal is named, and what was done stands on record with it.

        Raises:
            SealingElsewhere: it took so long that another process has the turn.
        """
        seal = Seal(
            number=self.number,
            sealed_at=self._later_than_previous(),
            payments=self.tree.size,
            root=self.tree.root().hex(),
            previous_hash=self._previous.seal.hash if self._previous else GENESIS,
            key_id=key_id_of(public_key_of(self._key)),
            other_chains=await self.database.read(heads_now, self._chains),
        )
        signed = sign(seal, self._key)
        done = seal_made(str(seal.number), actor, seal.sealed_at, root=seal.root) if actor else None
        try:
            await self.database.write(add_seal, self._holder, signed, due_at, done)
        except TurnLost as exc:
            raise SealingElsewhere(_ELSEWHERE) from exc
        return signed

    async def give_up(self) -> None:
        """Let another process have the turn."""
        await self.database.write(leave_turn, self._holder)

    def _later_than_previous(self) -> datetime:
        """Tell the time, never earlier than the last seal: the clocks of two hosts may differ."""
        now = self._clock()
        return max(now, self._previous.seal.sealed_at) if self._previous else now

    async def _add(self, leaves: list[Leaf]) -> None:
        until = self._clock() + LEASE
        try:
            await self.database.write(
                add_leaves, self._holder, until, self.number, self.tree.size, leaves
            )
        except TurnLost as exc:
            raise SealingElsewhere(_ELSEWHERE) from exc
        except Exception as exc:
            # The referee's own words, the same in both databases.
            if "a leaf says what its payment" not in str(exc):
                raise
            raise SealingRefused(_REFUSED) from exc


_REFUSED: Final = (
    "A payment's heads are not what its rows say, so nothing can be sealed. Find it with: "
    "orchestrator audit verify"
)
_ELSEWHERE: Final = "Another process makes a seal right now. Try again in a minute."


async def make_seal(
    database: Database,
    key: Ed25519PrivateKey,
    holder: str,
    *,
    actor: Actor | None = None,
    progress: Callable[[int], None] | None = None,
    chains: Mapping[str, HeadOf] = OTHER_CHAINS,
) -> SignedSeal:
    """Make a seal from beginning to end; ``progress`` hears how many payments are in it so far.

    Raises:
        SealingElsewhere: another process makes one right now.
        SealingRefused: a payment's heads are not what its rows say.
    """
    sealing = Sealing(database, key, holder, chains=chains)
    if not await sealing.begin():
        raise SealingElsewhere(_ELSEWHERE)
    try:
        while await sealing.step():
            if progress:
                progress(sealing.tree.size)
        return await sealing.finish(actor=actor)
    except BaseException:
        await sealing.give_up()
        raise
