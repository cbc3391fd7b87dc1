"""What the bodies of requests about decline rules may hold."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field, WithJsonSchema

from api.body import Body, text
from orchestrator.decline_rules import ChangeRule
from orchestrator.handlers.admission import NAMED_HANDLERS
from orchestrator.handlers.outcome import LONGEST_DELAY_SECONDS

LARGEST_VERSION: Final = 1_000_000


class RuleBody(Body):
    """The body that changes a rule; what is left out is as in the rule it stands in for."""

    handler: Annotated[
        str,
        text(100),
        WithJsonSchema({"type": "string", "enum": sorted(NAMED_HANDLERS)}),
    ] = Field(description="What shall be done, by the name of one of our handlers.")
    reason: Annotated[str, text(500)] = Field(description="Why; it stays on record.")
    message: Annotated[str, text(200)] | None = Field(
        None, description="What the customer is told."
    )
    meaning: Annotated[str, text(200)] | None = Field(
        None, description="What the code means, for the record."
    )
    alert: bool | None = Field(None, description="Whether a person shall look each time.")
    retry_after_seconds: Annotated[int, Field(ge=0, le=LONGEST_DELAY_SECONDS)] | None = Field(
        None, description="How long the same card waits before it is worth another try."
    )
    auto_retry: (
        Annotated[list[Annotated[int, Field(ge=0, le=LONGEST_DELAY_SECONDS)]], Field(max_length=9)]
        | None
    ) = Field(
        None, description="Seconds before each automatic retry, where the deployment makes any."
    )

    def request(self) -> ChangeRule:
        """Return what the use case is asked for."""
        return ChangeRule(
            self.handler,
            self.reason,
            self.message,
            self.meaning,
            self.alert,
            self.retry_after_seconds,
            tuple(self.auto_retry) if self.auto_retry is not None else None,
        )


class DecideBody(Body):
    """The body by which a second person decides on a proposed version of a rule."""

    version: Annotated[int, Field(ge=1, le=LARGEST_VERSION)] = Field(
        description="The version that is proposed."
    )
    decision: Literal["approved", "rejected"] = Field(
        "approved", description="approved puts it in force; rejected refuses it for good."
    )
    reason: Annotated[str, text(500)] | None = Field(None, description="Why; it stays on record.")


class WhatIfBody(Body):
    """The body that tries the rules out."""

    error: Annotated[
        dict[str, Any], WithJsonSchema({"type": "object", "additionalProperties": True})
    ] = Field(description="The error object of Stripe's answer, as it came.")
    charge: (
        Annotated[dict[str, Any], WithJsonSchema({"type": "object", "additionalProperties": True})]
        | None
    ) = Field(
        None, description="The failed charge, as Stripe shows it: with its outcome, if it was read."
    )
    http_status: Annotated[int, Field(ge=400, le=499)] = Field(
        402, description="The status of Stripe's answer: 402 is a decline."
    )
