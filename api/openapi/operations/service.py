"""The operations on the service itself."""

from typing import Final

from api.errors import NotReady
from api.openapi import refusals as refused
from api.openapi.examples import ANSWERS, references
from api.openapi.operations.base import answer, operation

MACHINE: Final = operation({200: answer(200, "machine")}, refused.WITH_KEY)

DIAGRAM: Final = operation(
    {
        200: {
            "description": "The transition table as a picture.",
            "headers": {"Request-Id": {"$ref": "#/components/headers/Request-Id"}},
            "content": {
                "image/svg+xml": {
                    "schema": {"type": "string", "description": "An SVG document."},
                    "examples": references("diagram", ANSWERS["diagram"]),
                }
            },
        }
    },
    refused.WITH_KEY,
)

METRICS: Final = operation(
    {
        200: {
            "description": "Every metric, in Prometheus's text format.",
            "headers": {"Request-Id": {"$ref": "#/components/headers/Request-Id"}},
            "content": {
                "text/plain": {
                    "schema": {"type": "string", "description": "A line for each figure."},
                    "examples": references("metrics", ANSWERS["metrics"]),
                }
            },
        }
    },
    refused.WITHOUT_KEY,
    keyed=False,
)

HEALTH: Final = operation({200: answer(200, "status")}, refused.WITHOUT_KEY, keyed=False)

READINESS: Final = operation(
    {200: answer(200, "status")}, (*refused.WITHOUT_KEY, NotReady), keyed=False
)
