"""What may be asked of the queue of anomalies, as a table of query parameters."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from starlette.requests import Request

from api.queries import LONGEST_LIST, Parameter, read_limit, read_page_query, text_parameter
from orchestrator.anomaly import ANOMALY_ID, AnomalyState
from orchestrator.reconcile.differences import DifferenceKind
from orchestrator.store.anomalies import ListAnomalies
from orchestrator.store.lists import DEFAULT_LIMIT

_PAYMENT: Final = r"pay_[A-Za-z0-9]{1,64}"


def read_anomalies_query(request: Request) -> ListAnomalies:
    """Read which anomalies a request wants listed.

    Raises:
        ValidationFailed: naming the parameter that cannot be heeded.
    """
    return ListAnomalies(**read_page_query(request, ANOMALIES_PARAMETERS))


def _read_state(text: str) -> AnomalyState:
    if text not in set(AnomalyState):
        raise ValueError(f"must be one of {', '.join(AnomalyState)}")
    return AnomalyState(text)


def _read_kind(text: str) -> str:
    if text not in set(DifferenceKind):
        raise ValueError(f"must be one of {', '.join(DifferenceKind)}")
    return text


def _cursor(purpose: str) -> Parameter:
    return text_parameter(ANOMALY_ID, "must be an anomaly's id (ano_…)", purpose)


ANOMALIES_PARAMETERS: Final[Mapping[str, Parameter]] = MappingProxyType(
    {
        "state": Parameter(
            _read_state,
            {"type": "string", "enum": [state.value for state in AnomalyState]},
            "Anomalies in this state.",
        ),
        "kind": Parameter(
            _read_kind,
            {"type": "string", "enum": [kind.value for kind in DifferenceKind]},
            "Anomalies of this kind.",
        ),
        "payment": text_parameter(
            _PAYMENT, "must be a payment's id (pay_…)", "Anomalies of this payment."
        ),
        "limit": Parameter(
            read_limit,
            {"type": "integer", "minimum": 1, "maximum": LONGEST_LIST, "default": DEFAULT_LIMIT},
            "How many anomalies a page holds.",
        ),
        "starting_after": _cursor(
            "The page after (older than) this anomaly: the last id of the page before."
        ),
        "ending_before": _cursor(
            "The page before (newer than) this anomaly: the first id of the page after."
        ),
    }
)
