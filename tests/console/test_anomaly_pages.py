"""The queue of anomalies: auditors look at it, administrators assign and resolve."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, insert

from orchestrator.store.schema import anomalies
from tests.console.visitor import Visitor
from tests.stored_payments import START


def anomaly(number: int, kind: str = "late_success") -> dict[str, Any]:
    """Build the row of an anomaly."""
    return {
        "id": f"ano_{number:04}",
        "payment_intent": f"pi_{number}",
        "kind": kind,
        "noted_at": START + timedelta(minutes=number),
        "detail": f"Something <b>odd</b> number {number}.",
    }


async def keep(visitor: Visitor, *rows: dict[str, Any]) -> None:
    """Store anomalies."""

    def store(connection: Connection) -> None:
        connection.execute(insert(anomalies), list(rows))

    await visitor.api.world.runtime.database.write(store)


async def test_anomalies_are_filtered_and_paged(auditor: Visitor) -> None:
    """The newest come first, the filters stay on the way, and each is on one page."""
    await keep(auditor, *(anomaly(number) for number in range(30)), anomaly(99, "charged_twice"))
    first = (await auditor.get("/console/anomalies?kind=late_success")).text
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older is not None
    second = (await auditor.get(older[1].replace("&amp;", "&"))).text
    found = [re.findall(r'href="/console/anomalies/(ano_\w+)"', page) for page in (first, second)]

    assert "ano_0099" not in first
    assert found[0] + found[1] == [f"ano_{number:04}" for number in reversed(range(30))]
    assert "Newest" in second


async def test_an_auditor_looks_and_does_nothing(auditor: Visitor) -> None:
    """With an audit key there is no form, and a form that is sent all the same is refused."""
    await keep(auditor, anomaly(1))
    page = await auditor.get("/console/anomalies/ano_0001")
    token = await auditor.form_token("/console/anomalies/ano_0001")
    sent = await auditor.post(
        "/console/anomalies/ano_0001/assign", {"owner": "ada", "form_token": token}
    )

    assert "Something &lt;b&gt;odd&lt;/b&gt; number 1." in page.text
    assert "/assign" not in page.text
    assert sent.status_code == 403
    assert "Nobody has taken it up." in await auditor.text("/console/anomalies/ano_0001")


async def act(visitor: Visitor, what: str, **fields: str) -> Any:
    """Send one of an anomaly's forms as its page does."""
    path = "/console/anomalies/ano_0001"
    token = await visitor.form_token(path)
    return await visitor.post(f"{path}/{what}", {**fields, "form_token": token})


async def test_an_administrator_assigns_and_resolves(visitor: Visitor) -> None:
    """With an admin key both are possible, shown on the page, and on record by that key."""
    key_id = await visitor.sign_in("admin")
    await keep(visitor, anomaly(1))
    assigned = await act(visitor, "assign", owner="ada")
    taken = await act(visitor, "assign", owner="bob", instead_of="ada")
    resolved = await act(visitor, "resolve", resolution="refunded", reason="paid twice")
    page = await visitor.text("/console/anomalies/ano_0001")
    record = await visitor.text("/console/record?subject=ano_0001")

    assert {each.status_code for each in (assigned, taken, resolved)} == {303}
    assert "assigned to ada" in page
    assert "assigned to bob" in page
    assert "resolved as refunded" in page
    assert "Reason paid twice" in page
    assert "Assign it" not in page
    assert record.count(key_id) == 3


async def test_an_administrator_is_told_what_is_wrong(visitor: Visitor) -> None:
    """What is missing, somebody else's, or over is told on the page itself."""
    await visitor.sign_in("admin")
    await keep(visitor, anomaly(1))
    empty = await act(visitor, "resolve", resolution="refunded", reason=" ")
    await act(visitor, "assign", owner="ada")
    taken = await act(visitor, "assign", owner="bob")
    await act(visitor, "resolve", resolution="accepted", reason="fine")
    over = await act(visitor, "resolve", resolution="refunded", reason="late")

    assert (empty.status_code, "fill in or shorten: reason" in empty.text) == (422, True)
    assert 'value="refunded"' in empty.text
    assert (taken.status_code, "The anomaly is ada&#39;s" in taken.text) == (409, True)
    assert (over.status_code, "was resolved as accepted" in over.text) == (409, True)


async def test_a_form_needs_its_token(visitor: Visitor) -> None:
    """What no page of the session's sent changes nothing."""
    await visitor.sign_in("admin")
    await keep(visitor, anomaly(1))
    answers = [
        await visitor.post(path, {"owner": "ada", "form_token": "0" * 64})
        for path in ("/console/anomalies/ano_0001/assign", "/console/downloads")
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert "Nobody has taken it up." in await visitor.text("/console/anomalies/ano_0001")
