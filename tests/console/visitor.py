"""A browser without a window: follows the console's forms and keeps its cookies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape
from typing import Any

import httpx2

from tests.api.conftest import Api

SIGN_IN = "/console/sign-in"
PAYMENTS = "/console/payments"
TOKEN = re.compile(r'name="form_token" value="([0-9a-f]{64})"')


@dataclass
class Visitor:
    """One browser at the console, with the deployment behind it."""

    api: Api
    http: httpx2.AsyncClient

    async def get(self, path: str, **more: Any) -> httpx2.Response:
        """Open a page; redirects are not followed."""
        return await self.http.get(path, **more)

    async def post(self, path: str, fields: dict[str, str], **more: Any) -> httpx2.Response:
        """Send a form."""
        return await self.http.post(path, data=fields, **more)

    async def form_token(self, path: str = SIGN_IN) -> str:
        """Return the token of the form on a page."""
        found = TOKEN.search((await self.get(path)).text)
        assert found is not None, "the page has no form"
        return found[1]

    async def try_key(self, secret: str, next: str = "") -> httpx2.Response:
        """Send the sign-in form with a key."""
        token = await self.form_token()
        query = {"next": next} if next else {}
        return await self.post(SIGN_IN, {"key": secret, "form_token": token}, params=query)

    async def sign_in(self, scope: str = "audit") -> str:
        """Sign in with a new key; gives its id."""
        key_id, secret = await self.api.key("auditors", scope)
        answer = await self.try_key(secret)
        assert answer.status_code == 303, answer.text
        return key_id

    async def text(self, path: str) -> str:
        """Return what a page shows, without its markup."""
        answer = await self.get(path)
        assert answer.status_code == 200, answer.text
        return text_of(answer)


def text_of(answer: httpx2.Response) -> str:
    """Return a page's text, with single spaces."""
    body = re.sub(r"<(style|desc)\b.*?</\1>", " ", answer.text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", body)))
