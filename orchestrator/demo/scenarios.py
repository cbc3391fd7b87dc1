"""The scripted payments: their plays, and the path each must take; see ``SCENARIOS``."""

from dataclasses import dataclass

from orchestrator.demo.plays import (
    Play,
    abandon_challenge,
    cancel_after_decline,
    cancel_untried,
    cards,
    challenged,
    choose_among_saved_cards,
    come_back,
    confirm_twice_at_once,
    correct_the_code,
    find_a_decline,
    give_part_back,
    hear_of_it,
    kill_the_server,
    leave_it,
    leave_the_challenge,
    lose_the_answer,
    pay_in_browser,
    refuse_disabled_card,
    renew_a_saved_card,
    send_everything_twice,
    take_part_later,
    try_later,
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """One payment: its story, who plays it, the states it must pass, and what is true of its end.

    ``because`` is the code or the reason that the last step must give; ``unasked`` says that a
    worker must have taken it, or Stripe told of it: nobody asked for it.
    """

    title: str
    play: Play
    path: tuple[str, ...]
    because: str | None = None
    unasked: bool = False


PAID = ("created", "confirming", "succeeded")
PAID_WITH_SECOND_CARD = ("created", "confirming", "requires_new_card", "confirming", "succeeded")
PAID_AFTER_DISABLED = ("created", "confirming", "card_disabled", "confirming", "succeeded")
REFUSED_FOR_GOOD = ("created", "confirming", "failed")

SCENARIOS: tuple[Scenario, ...] = (
    Scenario("A card that works", cards("pm_card_visa"), PAID),
    Scenario(
        "Not enough money on it, so another card",
        cards("pm_sim_insufficient_funds__1", "pm_card_visa"),
        PAID_WITH_SECOND_CARD,
    ),
    Scenario("Security code wrong, then corrected", correct_the_code, PAID_WITH_SECOND_CARD),
    Scenario("Issuer out of reach, so later", try_later, PAID_WITH_SECOND_CARD),
    Scenario(
        "A lost card is put out of use, so another card",
        cards("pm_sim_lost_card__1", "pm_card_visa"),
        PAID_AFTER_DISABLED,
    ),
    Scenario(
        "An expired card is put out of use, and refused the second time",
        refuse_disabled_card,
        PAID_AFTER_DISABLED,
    ),
    Scenario(
        "A saved card has expired; the cards are fetched again without it",
        choose_among_saved_cards,
        PAID_AFTER_DISABLED,
    ),
    Scenario(
        "A saved card has expired, is renewed, and pays",
        renew_a_saved_card,
        PAID_AFTER_DISABLED,
    ),
    Scenario("Suspected fraud", cards("pm_sim_fraudulent__1"), REFUSED_FOR_GOOD, "fraudulent"),
    Scenario(
        "Blocked by Stripe for its risk",
        cards("pm_card_radarBlock"),
        REFUSED_FOR_GOOD,
        "fraudulent",
    ),
    Scenario(
        "Three attempts, all declined",
        cards(
            "pm_sim_do_not_honor__1",
            "pm_sim_generic_decline__1",
            "pm_sim_insufficient_funds__2",
            max_attempts=3,
        ),
        (*PAID_WITH_SECOND_CARD[:-1], "requires_new_card", "confirming", "failed"),
        "attempts_exhausted",
    ),
    Scenario("Canceled before any card", cancel_untried, ("created", "failed"), "abandoned"),
    Scenario(
        "Canceled after a decline",
        cancel_after_decline,
        ("created", "confirming", "requires_new_card", "failed"),
        "abandoned",
    ),
    Scenario("3-D Secure, approved", challenged("succeed"), PAID),
    Scenario(
        "3-D Secure, refused; another card",
        challenged("fail", "pm_card_visa"),
        PAID_WITH_SECOND_CARD,
    ),
    Scenario("3-D Secure left open for another card", abandon_challenge, PAID_WITH_SECOND_CARD),
    Scenario(
        "Charged without the customer, whom the bank wants to see; the same card",
        come_back,
        PAID_WITH_SECOND_CARD,
    ),
    Scenario("Paid in the browser, past the orchestrator", pay_in_browser, PAID),
    Scenario("Paid in the browser, and told by Stripe's webhook", hear_of_it, PAID),
    Scenario("Paid, and a part given back", give_part_back, PAID),
    Scenario("Held, and a part of it taken later", take_part_later, PAID),
    Scenario("Every request sent twice", send_everything_twice, PAID),
    Scenario("Confirmed twice at once", confirm_twice_at_once, PAID),
    Scenario("Answer lost after the charge", lose_the_answer("drop_after"), PAID, unasked=True),
    Scenario("Request lost before the charge", lose_the_answer("drop_before"), PAID, unasked=True),
    Scenario(
        "Stripe charges and answers 500, for good",
        lose_the_answer("error_500_stored", effect=True),
        PAID,
        unasked=True,
    ),
    Scenario("Answer to a decline lost", find_a_decline, PAID_AFTER_DISABLED),
)

# Played first, on a server that gives payments little time, and looked at again last.
LEFT_BEHIND: tuple[Scenario, ...] = (
    Scenario(
        "Never tried, so it expires",
        leave_it,
        ("created", "failed"),
        "payment_expired",
        unasked=True,
    ),
    Scenario(
        "3-D Secure that nobody comes back to, so it is given up",
        leave_the_challenge,
        REFUSED_FOR_GOOD,
        "confirm_deadline_passed",
        unasked=True,
    ),
    Scenario(
        "Server killed between charge and answer (SIGKILL), and started again",
        kill_the_server,
        PAID,
        unasked=True,
    ),
)
