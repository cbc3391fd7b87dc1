"""What ``/openapi.json`` says: the operations, and the shapes they answer with."""

from typing import Any

from fastapi import FastAPI

from api.openapi.objects import SCHEMAS


def describe(app: FastAPI) -> None:
    """Add the schemas and the key to what the application says of itself."""
    generate = app.openapi

    def complete() -> dict[str, Any]:
        document = generate()
        components = document.setdefault("components", {})
        components.setdefault("schemas", {}).update(SCHEMAS)
        components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        return document

    app.openapi = complete  # type: ignore[method-assign]  # FastAPI's documented way to extend it


__all__ = ["SCHEMAS", "describe"]
