"""The pages of a test bank that asks its customer: pure HTML, self-contained, no script."""

import base64
import hashlib
from collections.abc import Mapping
from html import escape
from string import Template
from types import MappingProxyType
from typing import Final

from orchestrator.sandbox.currencies import for_people
from orchestrator.sandbox.model import Intent, PaymentMethod, Status

MERCHANT: Final = "Test shop"
BRANDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "amex": "American Express",
        "diners": "Diners Club",
        "discover": "Discover",
        "jcb": "JCB",
        "mastercard": "Mastercard",
        "unionpay": "UnionPay",
        "visa": "Visa",
    }
)
# Heading and sentence of the page once there is nothing to answer any more.
ENDINGS: Final[Mapping[Status, tuple[str, str]]] = MappingProxyType(
    {
        Status.succeeded: ("Payment approved", "The payment went through."),
        Status.requires_capture: ("Payment approved", "The amount is held for the shop."),
        Status.requires_confirmation: ("Approved", "The shop now completes the payment."),
        Status.processing: ("Approved", "The payment is being processed."),
        Status.requires_payment_method: (
            "Payment not made",
            "It was not approved, or the bank declined it. Nothing was charged.",
        ),
        Status.canceled: ("Payment canceled", "The shop ended this payment. Nothing was charged."),
        Status.requires_action: (
            "Nothing to approve here",
            "This question is over: the payment is being tried in another way.",
        ),
    }
)
NOT_FOUND: Final = ("No such payment", "The stand-in knows no payment at this address.")

_STYLE: Final = """
:root { color-scheme: light dark; --page: #eef1f5; --card: #fff; --text: #1b2430;
  --soft: #566273; --line: #d5dbe3; --main: #1557b0; --on-main: #fff; --focus: #1557b0; }
@media (prefers-color-scheme: dark) { :root { --page: #12161c; --card: #1c222b; --text: #eef2f7;
  --soft: #a3afbf; --line: #38424f; --main: #8ab8f5; --on-main: #0d1b2e; --focus: #8ab8f5; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1rem;
  background: var(--page); color: var(--text);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
main { width: 100%; max-width: 26rem; padding: 1.5rem; border: 1px solid var(--line);
  border-radius: .75rem; background: var(--card); }
.bank { display: flex; justify-content: space-between; gap: 1rem; margin: 0 0 1.25rem;
  padding-bottom: .75rem; border-bottom: 1px solid var(--line); color: var(--soft);
  font-size: .875rem; font-weight: 600; }
h1 { margin: 0 0 .25rem; font-size: 1.375rem; line-height: 1.25; }
p { margin: 0; }
.amount { margin: 1rem 0; font-size: 2rem; font-weight: 700; line-height: 1.2;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .375rem 1rem; margin: 0 0 1.5rem; }
dt { color: var(--soft); }
dd { margin: 0; text-align: right; overflow-wrap: anywhere; }
form { display: grid; grid-template-columns: 1fr 1fr; gap: .75rem; }
button, .back { min-height: 3rem; padding: .5rem 1rem; border: 1px solid var(--main);
  border-radius: .5rem; background: none; color: var(--main); font: inherit; font-weight: 600;
  cursor: pointer; }
button[value=succeed], .back { background: var(--main); color: var(--on-main); }
.back { display: grid; place-items: center; margin-top: 1.25rem; text-decoration: none; }
button:hover, .back:hover { filter: brightness(1.1); }
:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px; }
.note { margin-top: 1.25rem; color: var(--soft); font-size: .875rem; }
@media (max-width: 20rem) { form { grid-template-columns: 1fr; } main { padding: 1rem; } }
"""
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
# No form-action: a browser would hold it against the way back to the shop as well.
HEADERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Cache-Control": "no-store",
        "Content-Security-Policy": (
            f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; img-src data:; base-uri 'none'"
        ),
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
)

_PAGE: Final = Template(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$heading · 3-D Secure test page</title>
<link rel="icon" href="data:,">
<style>$style</style>
</head>
<body>
<main>
<p class="bank"><span>Test Bank</span><span>3-D Secure</span></p>
<h1>$heading</h1>
$content
<p class="note">This bank is part of the Stripe stand-in: no card is real and no money moves.</p>
</main>
</body>
</html>
"""
)
_QUESTION: Final = Template(
    """<p>$merchant asks for this payment.</p>
<p class="amount">$amount</p>
<dl>
$facts
</dl>
<form method="post">
<button name="outcome" value="succeed">Approve</button>
<button name="outcome" value="fail">Fail</button>
</form>"""
)


def question_page(intent: Intent, method: PaymentMethod) -> str:
    """Ask whether the customer makes this payment."""
    merchant = intent.fields.get("statement_descriptor") or MERCHANT
    facts = {"Merchant": merchant, "Card": _face(method)}
    if intent.fields.get("description"):
        facts["For"] = intent.fields["description"]
    content = _QUESTION.substitute(
        merchant=escape(merchant),
        amount=escape(for_people(intent.amount, intent.currency)),
        facts="\n".join(
            f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts.items()
        ),
    )
    return _page("Approve this payment?", content)


def ended_page(status: Status, back: str | None) -> str:
    """Say how it ended, with the way ``back`` to the shop where a browser can go it."""
    heading, sentence = ENDINGS[status]
    content = f"<p>{escape(sentence)}</p>"
    if back is not None and back.startswith(("https://", "http://")):
        content += f'\n<a class="back" href="{escape(back)}">Back to the shop</a>'
    else:
        content += "\n<p>You can close this page.</p>"
    return _page(heading, content)


def not_found_page() -> str:
    """Say that there is no such payment."""
    heading, sentence = NOT_FOUND
    return _page(heading, f"<p>{escape(sentence)}</p>")


def _face(method: PaymentMethod) -> str:
    assert method.card is not None, "only cards are challenged"
    brand = BRANDS.get(method.card.brand, method.card.brand)
    return f"{brand} ending in {method.card.last4}"


def _page(heading: str, content: str) -> str:
    return _PAGE.substitute(heading=escape(heading), style=_STYLE, content=content)
