"""The shop's server: the page, and the few questions the page may ask.

It holds the orchestrator's API key, knows every price, and takes from a browser only which card to
try.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import httpx2
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from examples.checkout.headers import security_headers
from examples.checkout.orders import Order, Shopper, Shoppers
from examples.checkout.questions import (
    TROUBLES,
    NoSession,
    PayQuestion,
    answer_trouble,
    refuse_other_sites,
)
from examples.checkout.settings import Settings
from examples.checkout.till import Till
from examples.checkout.views import show_card, show_checkout
from orchestrator.client import AsyncClient, Payment

COOKIE: Final = "shop_session"
FILES: Final = Path(__file__).parent / "static"
PAGE_FILES: Final = ("checkout.js", "style.css")
STUB_FILES: Final = ("stripe_stub.js", "stripe_stub.css")
# What a customer of the stand-in finds saved: a card that is declined, one that was lost, one that
# asks for 3-D Secure, and a good one. A lost card is out of use for everybody, so each customer
# has one of their own.
WALLET: Final = (
    "pm_card_chargeCustomerFail",
    "pm_sim_lost_card__{customer}",
    "pm_card_authenticationRequired",
    "pm_card_mastercard",
)

Endpoint = Callable[[Request], Awaitable[Response]]
Answer = Callable[[Request, Shopper], Awaitable[Response]]


def create_app(settings: Settings, wallet: tuple[str, ...] = WALLET) -> Starlette:
    """Build the shop; ``wallet`` is given to new customers, with the stand-in only."""
    shop = _Shop(settings, wallet if settings.stand_in else ())
    names = PAGE_FILES + (STUB_FILES if settings.stand_in else ())
    headers = security_headers(settings)
    routes = [
        Route("/", _file("index.html", headers)),
        *(Route(f"/{name}", _file(name, headers)) for name in names),
        Route("/api/checkout", shop.welcoming(shop.look), methods=["POST"]),
        Route("/api/cards", shop.knowing(shop.cards)),
        Route("/api/payment", shop.knowing(shop.look)),
        Route("/api/client_secret", shop.knowing(shop.client_secret)),
        Route("/api/pay", shop.knowing(shop.pay), methods=["POST"]),
        Route("/api/refresh", shop.knowing(shop.refresh), methods=["POST"]),
        Route("/api/start_over", shop.knowing(shop.start_over), methods=["POST"]),
        Route("/api/new_order", shop.knowing(shop.new_order), methods=["POST"]),
    ]
    return Starlette(routes=routes, lifespan=shop.lifespan)


class _Shop:
    """The answers to the page."""

    def __init__(self, settings: Settings, wallet: tuple[str, ...]) -> None:
        self._settings = settings
        self._wallet = wallet
        self._shoppers = Shoppers()
        self._till: Till

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Keep the connection to the orchestrator as long as the shop is open."""
        settings = self._settings
        # A stand-in is on this machine, where no proxy of the environment leads.
        transport = httpx2.AsyncHTTPTransport() if settings.stand_in else None
        async with AsyncClient(
            settings.orchestrator_url, settings.orchestrator_key, transport=transport
        ) as client:
            self._till = Till(client, self._wallet)
            yield

    async def cards(self, request: Request, shopper: Shopper) -> Response:
        """Fetch the saved cards."""
        cards = await self._till.cards(shopper)
        return JSONResponse({"cards": [show_card(card) for card in cards]})

    async def look(self, request: Request, shopper: Shopper) -> Response:
        """Look where the payment stands."""
        return self._show(shopper, await self._till.look(shopper.order))

    async def refresh(self, request: Request, shopper: Shopper) -> Response:
        """Have Stripe asked where the payment stands."""
        return self._show(shopper, await self._till.ask_stripe(shopper.order))

    async def client_secret(self, request: Request, shopper: Shopper) -> Response:
        """Give the shopper's own browser what 3-D Secure needs."""
        return JSONResponse({"client_secret": await self._till.client_secret(shopper.order)})

    async def pay(self, request: Request, shopper: Shopper) -> Response:
        """Try a card."""
        asked = await PayQuestion.read(request)
        payment = await self._till.pay(shopper, asked.number, asked.card, save=asked.save)
        return self._show(shopper, payment)

    async def start_over(self, request: Request, shopper: Shopper) -> Response:
        """Begin another payment for an order whose payment failed."""
        await self._till.start_over(shopper)
        return self._show(shopper, None)

    async def new_order(self, request: Request, shopper: Shopper) -> Response:
        """Begin another order, once this one is paid."""
        payment = await self._till.look(shopper.order)
        if payment is not None and payment.state == "succeeded":
            shopper.order, payment = Order(), None
        return self._show(shopper, payment)

    def knowing(self, answer: Answer) -> Endpoint:
        """Let an answer be given to a shopper whose cookie is known."""
        return self._endpoint(answer, self._shoppers.find)

    def welcoming(self, answer: Answer) -> Endpoint:
        """Let an answer be given to anybody; who is new gets a cookie."""

        def shopper_of(cookie: str | None) -> Shopper:
            return self._shoppers.find(cookie) or self._shoppers.welcome()

        return self._endpoint(answer, shopper_of)

    def _endpoint(
        self, answer: Answer, shopper_of: Callable[[str | None], Shopper | None]
    ) -> Endpoint:
        async def endpoint(request: Request) -> Response:
            shopper = None
            try:
                refuse_other_sites(request)
                shopper = shopper_of(request.cookies.get(COOKIE))
                if shopper is None:
                    raise NoSession
                response = await answer(request, shopper)
            except tuple(TROUBLES) as trouble:
                response = answer_trouble(trouble)
            response.headers["Cache-Control"] = "no-store"
            if shopper is not None:
                _remember(response, shopper, secure=request.url.scheme == "https")
            return response

        return endpoint

    def _show(self, shopper: Shopper, payment: Payment | None) -> Response:
        trying = shopper.turn.locked()
        return JSONResponse(show_checkout(shopper.order, payment, self._settings, trying=trying))


def _remember(response: Response, shopper: Shopper, *, secure: bool) -> None:
    response.set_cookie(COOKIE, shopper.session, httponly=True, samesite="lax", secure=secure)


def _file(name: str, headers: dict[str, str]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        return FileResponse(FILES / name, headers=headers)

    return endpoint
