"""What requests about anomalies may hold."""

from typing import Annotated

from pydantic import Field

from api.body import Body, text
from orchestrator.anomalies import AssignAnomaly, ResolveAnomaly


class AssignBody(Body):
    """The body that gives an anomaly to somebody."""

    owner: Annotated[str, text(100)] = Field(
        description="Who looks after it: a name that your people know."
    )
    instead_of: Annotated[str, text(100)] | None = Field(
        None, description="Whose it is, to take it over from them."
    )

    def request(self) -> AssignAnomaly:
        """Return what the use case is asked for."""
        return AssignAnomaly(self.owner, self.instead_of)


class ResolutionBody(Body):
    """The body that says how an anomaly ended."""

    resolution: Annotated[str, text(100)] = Field(
        description="How it ended, in a word of yours: refunded, accepted, false_alarm, …"
    )
    reason: Annotated[str, text(1000)] = Field(description="Why; it stays on record.")

    def request(self) -> ResolveAnomaly:
        """Return what the use case is asked for."""
        return ResolveAnomaly(self.resolution, self.reason)
