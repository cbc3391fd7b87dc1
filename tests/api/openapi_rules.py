"""The style that an OpenAPI document is held to: each rule lists what breaks it.

A rule takes a document and knows nothing of ours but which refusals are worth sending again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from jsonschema import Draft202012Validator

from api.errors import RETRY_AFTER

Json = dict[str, Any]
# Where other people's data stands, which may look like anything.
OPAQUE = frozenset({"value", "example", "default", "const", "enum"})
# Whose answers nobody may keep.
TELL_SECRETS = frozenset({"getClientSecret", "createWebhookEndpoint", "rotateSecret"})
REPEATABLE = {kind.code for kind in RETRY_AFTER if hasattr(kind, "code")}


class Document:
    """An OpenAPI document, and ways through it."""

    def __init__(self, whole: Json) -> None:
        self.whole = whole
        self.components: Json = whole["components"]
        self.every_operation: list[Json] = [
            operation for item in whole["paths"].values() for operation in item.values()
        ]
        self.operations: dict[str, Json] = {
            operation["operationId"]: operation for operation in self.every_operation
        }

    def walk(self, node: Any = None, place: str = "#") -> Iterator[tuple[str, Any]]:
        """Yield everything that stands in the document, or in a part of it, with its place."""
        node = self.whole if node is None else node
        yield place, node
        children: Any = node.items() if isinstance(node, dict) else ()
        if isinstance(node, list):
            children = enumerate(node)
        for key, value in children:
            if key not in OPAQUE and value is not None:
                yield from self.walk(value, f"{place}/{key}")

    def references(self) -> Iterator[tuple[str, str]]:
        """Yield every reference, with its place."""
        for place, node in self.walk():
            if isinstance(node, dict) and isinstance(node.get("$ref"), str):
                yield place, node["$ref"]

    def resolved(self, node: Json) -> Json:
        """Follow references to what they point to.

        Raises:
            KeyError: one leads nowhere.
        """
        while "$ref" in node:
            found: Any = self.whole
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part]
            node = found
        return node

    def answers(self) -> Iterator[tuple[str, str, Json]]:
        """Yield every answer, with its operation's name and its status."""
        for name, operation in self.operations.items():
            for status, answer in operation["responses"].items():
                yield name, status, answer

    def media(self) -> Iterator[tuple[str, Json]]:
        """Yield every media type of every request and answer, with its place."""
        for name, operation in self.operations.items():
            for kind, content in operation.get("requestBody", {}).get("content", {}).items():
                yield f"{name} request {kind}", content
        for name, status, answer in self.answers():
            for kind, content in answer["content"].items():
                yield f"{name} {status} {kind}", content

    def parameters(self) -> Iterator[tuple[str, Json]]:
        """Yield every parameter of every operation, with its place."""
        for name, operation in self.operations.items():
            for parameter in map(self.resolved, operation.get("parameters", ())):
                yield f"{name} {parameter['name']}", parameter

    def errors(self, schema: Json, value: Any) -> list[str]:
        """List what is wrong with a value by a schema of the document."""
        validator = Draft202012Validator(schema | {"components": self.components})
        return [error.message for error in validator.iter_errors(value)]


# ── names and words ──────────────────────────────────────────────────────────────────────────


def unnamed(document: Document) -> list[str]:
    """List operations whose id is no lower camel case, or another's too."""
    names = [operation["operationId"] for operation in document.every_operation]
    return [
        name
        for name in names
        if names.count(name) > 1 or not re.fullmatch(r"[a-z]+([A-Z][a-z]+)+", name)
    ]


def unexplained_operations(document: Document) -> list[str]:
    """List operations without a known tag, a summary or a description."""
    tags = {tag["name"] for tag in document.whole["tags"] if tag.get("description")}
    return [
        name
        for name, operation in document.operations.items()
        if not (operation["tags"] and set(operation["tags"]) <= tags and operation["summary"])
        or not operation["description"].endswith(".")
    ]


def unexplained_fields(document: Document) -> list[str]:
    """List properties without a description."""
    return [
        f"{place}/{name}"
        for place, node in document.walk(document.components["schemas"])
        if place.endswith("/properties") and not place.endswith("/allOf/1/properties")
        for name, each in node.items()
        if not (each.get("description") or document.resolved(each).get("description"))
    ]


def unexplained_parts(document: Document) -> list[str]:
    """List parameters, headers, links and bodies without a description."""
    parts = list(document.parameters())
    for kind in ("headers", "links"):
        parts += [(f"{kind} {name}", each) for name, each in document.components[kind].items()]
    for name, operation in document.operations.items():
        if "requestBody" in operation:
            parts.append((f"{name} request", operation["requestBody"]))
    return [place for place, part in parts if not part.get("description")]


# ── references ───────────────────────────────────────────────────────────────────────────────


def broken_references(document: Document) -> list[str]:
    """List references that lead nowhere."""
    found = []
    for place, reference in document.references():
        try:
            document.resolved({"$ref": reference})
        except KeyError:
            found.append(f"{place}: {reference}")
    return found


def unused_components(document: Document) -> list[str]:
    """List components that nothing points to."""
    used = {reference for _, reference in document.references()}
    kinds = ("schemas", "parameters", "headers", "links", "examples")
    every = {f"#/components/{kind}/{name}" for kind in kinds for name in document.components[kind]}
    return sorted(every - used)


def misleading_links(document: Document) -> list[str]:
    """List links to operations that there are not, or that do not give all their path needs."""
    found = []
    for name, link in document.components["links"].items():
        operation = document.operations.get(link["operationId"], {})
        parameters = map(document.resolved, operation.get("parameters", ()))
        needed = {each["name"] for each in parameters if each["in"] == "path"}
        found += [] if operation and needed == link["parameters"].keys() else [name]
    return found


# ── requests and answers ─────────────────────────────────────────────────────────────────────


def media_without_examples(document: Document) -> list[str]:
    """List requests and answers that show nothing."""
    return [place for place, content in document.media() if not content.get("examples")]


def invalid_examples(document: Document) -> list[str]:
    """List examples that are not what their schema says."""
    found = []
    for place, content in document.media():
        for name, example in content.get("examples", {}).items():
            wrong = document.errors(content["schema"], document.resolved(example)["value"])
            found += [f"{place} {name}: {each}" for each in wrong]
    for place, parameter in document.parameters():
        if "example" in parameter:
            wrong = document.errors(parameter["schema"], parameter["example"])
            found += [f"{place}: {each}" for each in wrong]
    return found


def unbounded_texts(document: Document) -> list[str]:
    """List texts of requests that may be of any length, however deep they stand."""
    schemas = list(document.parameters())
    for name, operation in document.operations.items():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            schemas.append((f"{name} request", content))
    return sorted({each for place, part in schemas for each in _unbounded(document, part, place)})


def _unbounded(document: Document, part: Json, place: str) -> Iterator[str]:
    for inner, node in document.walk(part["schema"], place):
        if isinstance(node, dict) and "$ref" in node:
            yield from _unbounded(document, {"schema": document.resolved(node)}, inner)
        if isinstance(node, dict) and node.get("type") == "string":
            # A pattern bounds the length unless it repeats something without end.
            endless = re.search(r"[*+]|,\}", node.get("pattern", "*"))
            if endless and not node.keys() & {"maxLength", "enum", "format", "const"}:
                yield inner


def refusals_without_codes(document: Document) -> list[str]:
    """List answers that refuse and do not say with which codes, each with an example."""
    found = []
    for name, status, answer in document.answers():
        if status < "400":
            continue
        content = answer["content"]["application/problem+json"]
        said = content["schema"]["allOf"][1]["properties"]
        right = said["code"]["enum"] and set(said["code"]["enum"]) == set(content["examples"])
        found += [] if right and said["status"] == {"const": int(status)} else [f"{name} {status}"]
    return found


def wrong_headers(document: Document) -> list[str]:
    """List answers that do not declare exactly the headers they carry."""
    return [
        f"{name} {status}"
        for name, status, answer in document.answers()
        if answer["headers"].keys() != _carried(document.operations[name], status, answer)
    ]


def _carried(operation: Json, status: str, answer: Json) -> set[str]:
    content = answer["content"]
    codes = set(content.get("application/problem+json", {}).get("examples", ()))
    secret = operation["operationId"] in TELL_SECRETS and status < "300"
    sometimes = {
        "WWW-Authenticate": status == "401",
        "Retry-After": bool(codes & REPEATABLE),
        "Idempotent-Replayed": status < "300" and "/parameters/idempotency_key" in str(operation),
        "Cache-Control": secret,
    }
    return {"Request-Id"} | {name for name, carried in sometimes.items() if carried}


RULES: tuple[Callable[[Document], list[str]], ...] = (
    unnamed,
    unexplained_operations,
    unexplained_fields,
    unexplained_parts,
    broken_references,
    unused_components,
    misleading_links,
    media_without_examples,
    invalid_examples,
    unbounded_texts,
    refusals_without_codes,
    wrong_headers,
)
