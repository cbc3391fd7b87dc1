"""The hash chain's bytes are RFC 8785's, and what has no single spelling is refused."""

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from orchestrator.chain import GENESIS, canonical, instant, row_hash

EXACT = 2**53
KEYS = st.text(st.characters(max_codepoint=127), max_size=12)
# A lone half of a surrogate pair is no text, and neither writer takes it.
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers(-EXACT + 1, EXACT - 1) | TEXTS
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)
MOMENTS = st.datetimes(timezones=st.just(UTC))


@given(st.dictionaries(KEYS, DOCUMENTS, max_size=6))
def test_bytes_are_those_of_the_standard(row: dict[str, Any]) -> None:
    """Whatever row of ASCII keys, exact integers and text: the bytes are RFC 8785's."""
    assert canonical(row) == rfc8785.dumps(row)


@given(st.dictionaries(KEYS, SCALARS, min_size=2, max_size=6))
def test_order_of_columns_does_not_matter(row: dict[str, Any]) -> None:
    """A row has one hash, in whatever order its columns were given."""
    turned = dict(reversed(row.items()))

    assert row_hash(turned) == row_hash(row)


def test_hash_is_sha_256() -> None:
    """The hash is the SHA-256 of the canonical bytes, in lower-case hexadecimal."""
    row = {"previous_hash": GENESIS, "b": 1, "a": "é"}

    expected = hashlib.sha256(f'{{"a":"é","b":1,"previous_hash":"{GENESIS}"}}'.encode())
    assert row_hash(row) == expected.hexdigest()


def test_tuple_is_written_as_list() -> None:
    """A tuple is the list that JSON will make of it."""
    assert canonical({"a": (1, (2,))}) == canonical({"a": [1, [2]]})


@pytest.mark.parametrize("value", [EXACT, -EXACT, True, None, "", [], {}], ids=repr)
def test_exact_value_is_taken(value: object) -> None:
    """The largest integers that every JSON reader keeps are still taken."""
    assert canonical({"a": value}).startswith(b'{"a":')


INEXACT: dict[str, object] = {
    "float": 0.5,
    "whole float": 1.0,
    "large integer": EXACT + 1,
    "large negative integer": -EXACT - 1,
    "key that is not ASCII": {"é": 1},
    "key that is no text": {1: 1},
}


@pytest.mark.parametrize("value", INEXACT.values(), ids=INEXACT)
@pytest.mark.parametrize(
    "place", [lambda v: v, lambda v: [v], lambda v: ({"b": v},)], ids=["row", "list", "deep"]
)
def test_inexact_value_is_refused(value: object, place: Any) -> None:
    """What two programs could spell differently is refused, however deep it lies."""
    with pytest.raises(TypeError):
        canonical({"a": place(value)})


@pytest.mark.parametrize("row", [{"é": 1}, {1: "a"}], ids=["not ASCII", "no text"])
def test_inexact_key_is_refused(row: Any) -> None:
    """The row's own keys are looked at too."""
    with pytest.raises(TypeError):
        canonical(row)


@pytest.mark.parametrize(
    ("moment", "written"),
    [
        (datetime(2026, 3, 1, 12, tzinfo=UTC), "2026-03-01T12:00:00.000000Z"),
        (datetime(2026, 3, 1, 12, 0, 0, 7, tzinfo=UTC), "2026-03-01T12:00:00.000007Z"),
        (
            datetime(2026, 3, 1, 1, tzinfo=timezone(timedelta(hours=2))),
            "2026-02-28T23:00:00.000000Z",
        ),
    ],
    ids=["whole second", "microseconds", "another zone"],
)
def test_moment_is_written_in_utc(moment: datetime, written: str) -> None:
    """A moment has one spelling, whatever zone it was given in."""
    assert instant(moment) == written


@given(MOMENTS, MOMENTS)
def test_order_of_text_is_order_of_time(one: datetime, other: datetime) -> None:
    """Moments compare as text the way they compare as time: SQLite stores them so."""
    assert (instant(one) < instant(other)) == (one < other)
    assert len(instant(one)) == len(instant(other))


@given(MOMENTS)
def test_moment_is_read_as_it_was_written(moment: datetime) -> None:
    """Nothing of a moment is lost."""
    assert datetime.fromisoformat(instant(moment)) == moment
