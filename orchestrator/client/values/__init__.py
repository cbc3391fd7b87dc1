"""What the API answers with, as frozen values. Pure.

Fields that a newer service adds are passed over, and states and codes are plain text, so that an
older client goes on working. What may carry a secret stands in no ``repr``.
"""

from orchestrator.client.values.base import Answer, Document, Value
from orchestrator.client.values.customers import Card, Customer
from orchestrator.client.values.events import Event, EventData, WebhookDelivery, WebhookEndpoint
from orchestrator.client.values.oversight import (
    Action,
    Anomaly,
    AnomalyNote,
    DeclineRule,
    DeclineRuleVersion,
    Edge,
    Machine,
    Person,
    Subject,
    WhatIf,
)
from orchestrator.client.values.payments import (
    Actor,
    ClientSecret,
    Dispute,
    ExcludedCard,
    Explanation,
    Outcome,
    Payment,
    Refund,
    Rule,
    Transition,
)
from orchestrator.client.values.reading import Page, read, read_page

__all__ = [
    "Action",
    "Actor",
    "Anomaly",
    "AnomalyNote",
    "Answer",
    "Card",
    "ClientSecret",
    "Customer",
    "DeclineRule",
    "DeclineRuleVersion",
    "Dispute",
    "Document",
    "Edge",
    "Event",
    "EventData",
    "ExcludedCard",
    "Explanation",
    "Machine",
    "Outcome",
    "Page",
    "Payment",
    "Person",
    "Refund",
    "Rule",
    "Subject",
    "Transition",
    "Value",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WhatIf",
    "read",
    "read_page",
]
