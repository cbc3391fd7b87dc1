"""What answers said while something was out of order, held against what is true in the end."""

from collections.abc import Sequence

from benchmarks.outages.backend import Told
from orchestrator.demo.checks import Check, Finished
from orchestrator.demo.shop import Json


def nothing_acknowledged_is_lost(finished: Sequence[Finished], told: Told) -> Check:
    """What an answer once said of a payment is true of it in the end, or was gone on from."""
    ended: dict[str, Json] = {one.payment["id"]: one.payment for one in finished if one.payment}
    against = []
    for id, acknowledged in told.payments.items():
        found = ended.get(id)
        if found is None:
            against.append(f"{id} was acknowledged and is nobody's")
        elif acknowledged["handled"] and found["state"] != acknowledged["state"]:
            against.append(f"{id} was {acknowledged['state']} and is {found['state']}")
        elif found["attempts_used"] < acknowledged["attempts_used"]:
            against.append(f"{id} has lost an attempt")
    claim = f"all that was acknowledged of {len(told.payments)} payments is still true"
    return Check(claim, tuple(against))


def no_fault(told: Told) -> Check:
    """No answer was a fault of the service's."""
    return Check("no answer was a 500", tuple(["a 500"] * told.faults))


__all__ = ["no_fault", "nothing_acknowledged_is_lost"]
