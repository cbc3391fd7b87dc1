"""What requests about anomalies may hold."""

from typing import Annotated, Final

from pydantic import Field, StringConstraints

from api.schemas import Body
from orchestrator.anomalies import AssignAnomaly, ResolveAnomaly

# PostgreSQL keeps no NUL in a text.
_NO_NUL: Final = r"^[^\x00]*$"


def _text(longest: int) -> StringConstraints:
    return StringConstraints(strict=True, min_length=1, max_length=longest, pattern=_NO_NUL)


class AssignBody(Body):
    """The body that gives an anomaly to somebody."""

    owner: Annotated[str, _text(100)] = Field(
        description="Who looks after it: a name that your people know."
    )
    instead_of: Annotated[str, _text(100)] | None = Field(
        None, description="Whose it is, to take it over from them."
    )

    def request(self) -> AssignAnomaly:
        """Return what the use case is asked for."""
        return AssignAnomaly(self.owner, self.instead_of)


class ResolutionBody(Body):
    """The body that says how an anomaly ended."""

    resolution: Annotated[str, _text(100)] = Field(
        description="How it ended, in a word of yours: refunded, accepted, false_alarm, …"
    )
    reason: Annotated[str, _text(1000)] = Field(description="Why; it stays on record.")

    def request(self) -> ResolveAnomaly:
        """Return what the use case is asked for."""
        return ResolveAnomaly(self.resolution, self.reason)
