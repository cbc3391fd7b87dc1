"""Pays with nothing but the service's address, a key, and its OpenAPI document.

Knows no path, field or card: operations are found by their ids, requests are the document's own
examples, and the links of an answer say what of it the next request takes. Run it against a service
over the Stripe stand-in:

    python -m examples.stranger URL KEY
"""

import argparse
import json
import sys
import uuid
from typing import Any, NamedTuple

import httpx2

Json = dict[str, Any]


class Answer(NamedTuple):
    """What an operation answered, and what the document says of such an answer."""

    body: Json
    described: Json


class Stranger:
    """Somebody who has read the document."""

    def __init__(self, http: httpx2.Client, key: str) -> None:
        """Fetch the document and read which operations there are."""
        self._http = http
        self._key = key
        self._document: Json = http.get("/openapi.json").raise_for_status().json()
        self._operations: dict[str, tuple[str, str, Json]] = {
            operation["operationId"]: (method, path, operation)
            for path, item in self._document["paths"].items()
            for method, operation in item.items()
        }

    def call(self, operation_id: str, **in_path: str) -> Answer:
        """Carry out an operation with the document's first example of a request.

        Raises:
            SystemExit: the answer is a refusal, or one that the document does not announce.
        """
        method, path, operation = self._operations[operation_id]
        headers = self._security(operation)
        for parameter in map(self._resolve, operation.get("parameters", ())):
            if parameter["in"] == "header" and parameter["required"]:
                headers[parameter["name"]] = uuid.uuid4().hex
        body = self._example(operation.get("requestBody"))
        answer = self._http.request(method, path.format(**in_path), json=body, headers=headers)
        described = operation["responses"].get(str(answer.status_code))
        if described is None or answer.is_error:
            sys.exit(f"{operation_id} answered {answer.status_code}: {answer.text}")
        return Answer(answer.json(), described)

    def follow(self, answer: Answer, link_name: str) -> Answer:
        """Carry out the operation that an answer leads to."""
        link = self._resolve(answer.described["links"][link_name])
        in_path = {name: _part(answer.body, where) for name, where in link["parameters"].items()}
        return self.call(link["operationId"], **in_path)

    def _security(self, operation: Json) -> dict[str, str]:
        scheme = self._document["components"]["securitySchemes"]["key"]
        needed = operation.get("security") and scheme["scheme"] == "bearer"
        return {"Authorization": f"Bearer {self._key}"} if needed else {}

    def _example(self, body: Json | None) -> Any:
        if body is None:
            return None
        examples = body["content"]["application/json"]["examples"]
        return self._resolve(next(iter(examples.values())))["value"]

    def _resolve(self, node: Json) -> Json:
        if "$ref" not in node:
            return node
        found: Any = self._document
        for part in node["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        return self._resolve(found)


def _part(body: Json, expression: str) -> str:
    """Take the part of an answer that an expression such as ``$response.body#/id`` names."""
    found: Any = body
    for part in expression.removeprefix("$response.body#/").split("/"):
        found = found[part]
    return str(found)


def pay(stranger: Stranger) -> tuple[Json, Json]:
    """Create a payment, confirm it, read it again and how it got there."""
    created = stranger.call("createPayment")
    confirmed = stranger.follow(created, "confirmPayment")
    payment = stranger.follow(confirmed, "getPayment")
    history = stranger.follow(payment, "getHistory")
    return payment.body, history.body


def main(arguments: list[str] | None = None) -> None:
    """Pay, and print the payment and its path."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("url", help="where the service is")
    parser.add_argument("key", help="an API key of scope payments")
    given = parser.parse_args(arguments)
    with httpx2.Client(base_url=given.url, timeout=60) as http:
        payment, history = pay(Stranger(http, given.key))
    path = " → ".join(row["target"] for row in history["data"])
    print(json.dumps(payment, indent=2))  # noqa: T201  what a script is for
    print(f"{payment['id']}: {path}")  # noqa: T201  likewise


if __name__ == "__main__":
    main()
