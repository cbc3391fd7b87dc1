"""What requests about webhook endpoints, and replays to them, may hold."""

from typing import Annotated

from pydantic import AfterValidator, Field, WithJsonSchema

from api.body import Body, text
from orchestrator.outgoing.addresses import LONGEST_URL
from orchestrator.outgoing.endpoints import (
    DEFAULT_OVERLAP_SECONDS,
    ENDPOINT_ID,
    LONGEST_OVERLAP_SECONDS,
    CreateEndpoint,
)
from orchestrator.outgoing.event import EVENT_TYPES


def _known(type: str) -> str:
    if type not in EVENT_TYPES:
        raise ValueError(f"must be one of {', '.join(EVENT_TYPES)}")
    return type


EventType = Annotated[
    str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": list(EVENT_TYPES)})
]


class EndpointBody(Body):
    """The body that registers an endpoint; where it may lead is the use case's business."""

    url: Annotated[
        str,
        text(LONGEST_URL, pattern=r"^[\x21-\x7e]+$"),
        WithJsonSchema(
            {"type": "string", "format": "uri", "minLength": 1, "maxLength": LONGEST_URL}
        ),
    ] = Field(
        description="Where events are sent: an absolute https address of the public internet, "
        "without a user's name, a password or a fragment."
    )
    description: Annotated[str, text(200)] | None = Field(
        None, description="What it is, for people."
    )
    event_types: (
        Annotated[list[EventType], Field(min_length=1, max_length=len(EVENT_TYPES))] | None
    ) = Field(None, description="Which events it is sent; all of them if missing.")
    owner: Annotated[str, text(100)] | None = Field(
        None,
        description="Whose payments' events it is sent: the name of an owner's API keys. "
        "Everybody's if missing.",
    )

    def request(self) -> CreateEndpoint:
        """Return what the use case is asked for."""
        return CreateEndpoint(
            self.url, self.description, tuple(dict.fromkeys(self.event_types or ())), self.owner
        )


class RotateBody(Body):
    """The body of a rotation, which may be missing."""

    overlap_seconds: Annotated[int, Field(ge=0, le=LONGEST_OVERLAP_SECONDS)] | None = Field(
        None,
        description="For how long the secret before signs as well, beside the new one: a day if "
        "missing, 0 to end it at once.",
    )

    @property
    def seconds(self) -> int:
        """Return for how long both secrets sign."""
        asked = self.overlap_seconds
        return DEFAULT_OVERLAP_SECONDS if asked is None else asked


class EnableBody(Body):
    """The body that puts an endpoint back into use: nothing."""


class ReplayBody(Body):
    """The body of a replay, which may be missing."""

    webhook_endpoint: Annotated[str, text(67, pattern=f"^{ENDPOINT_ID}$")] | None = Field(
        None, description="Send it to this endpoint alone; to all it was for if missing."
    )
