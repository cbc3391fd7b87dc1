"""A rule is changed on record, within what is allowed, and in force everywhere within seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from orchestrator.decline_rules import ChangeRule, DeclineRules
from orchestrator.errors import RuleDecided, RuleNotFound, RuleRefused, SecondPersonNeeded
from orchestrator.live_rules import MAX_AGE_SECONDS, LiveRules, fit_rule_of
from orchestrator.store.actions import ListActions, read_actions
from orchestrator.store.rules import read_rule_sets
from tests.world import World, open_world, world

DECLINED = "pm_sim_do_not_honor"
FAIL = ChangeRule("fail_payment", "we end these")


@pytest.fixture
async def sqlite_world(sqlite_url: str, stand_in_url: str) -> AsyncIterator[World]:
    """Give the test a deployment on SQLite, where the kind of database makes no difference."""
    async with open_world(sqlite_url, stand_in_url) as opened:
        yield opened


@pytest.fixture
async def both_careful(database_url: str, stand_in_url: str) -> AsyncIterator[World]:
    """Give the test the same on each kind of database."""
    async with open_world(database_url, stand_in_url, rules_need_approval=True) as opened:
        yield opened


@pytest.fixture
async def careful(sqlite_url: str, stand_in_url: str) -> AsyncIterator[World]:
    """Give the test a deployment where a second person approves."""
    async with open_world(sqlite_url, stand_in_url, rules_need_approval=True) as opened:
        yield opened


async def change(
    world: World, wish: ChangeRule = FAIL, code: str = "do_not_honor", by: str = "risk"
) -> dict[str, Any]:
    """Change a rule."""
    return await world.runtime.decline_rules.change(code, wish, world.caller(owner=by))


async def done(world: World) -> list[str]:
    """Name what is on record, oldest first."""
    page = await world.runtime.database.read(read_actions, ListActions(limit=100))
    return [row["action"] for row in page.actions[::-1]]


async def test_a_changed_rule_decides(world: World) -> None:
    """A decline ends as the new version says; the row's rules_version leads to that version."""
    before = await world.runtime.decline_rules.driver.rules_in_force()
    asked = (await world.confirm(await world.create(), DECLINED)).payment
    row = await change(world)
    ended = (await world.confirm(await world.create(), DECLINED)).payment
    last = (await world.payments.history(ended.id, None))[-1]
    sets = await world.runtime.database.read(read_rule_sets, [last["rules_version"]])
    told = await world.payments.explain(ended.id, None)

    assert (asked.state, ended.state) == ("requires_new_card", "failed")
    assert (row["version"], row["state"], row["decided_by_name"]) == (1, "approved", "risk")
    assert last["rules_version"] != before.rules_version
    assert sets[last["rules_version"]].stored == {"do_not_honor": 1}
    assert told.rule is not None
    assert (told.rule.handler, told.rule.version) == ("fail_payment", 1)
    assert await done(world) == ["rule_changed"]


async def test_an_older_decision_keeps_its_version(sqlite_world: World) -> None:
    """What was decided before a change is explained without it."""
    payment = (await sqlite_world.confirm(await sqlite_world.create(), DECLINED)).payment
    await change(sqlite_world)
    told = await sqlite_world.payments.explain(payment.id, None)

    assert told.rule is not None
    assert (told.rule.handler, told.rule.version) == ("ask_for_new_card", None)


async def test_an_older_decision_keeps_its_words(sqlite_world: World) -> None:
    """What a decision was about is said in the words of its day, by the rule that decided."""
    payment = (await sqlite_world.confirm(await sqlite_world.create(), DECLINED)).payment
    before = await sqlite_world.payments.explain(payment.id, None)
    await change(sqlite_world, ChangeRule("fail_payment", "we end these", meaning="as of today"))
    later = (await sqlite_world.confirm(await sqlite_world.create(), DECLINED)).payment
    after = await sqlite_world.payments.explain(payment.id, None)
    told = await sqlite_world.payments.explain(later.id, None)

    assert before.rule is not None
    assert after.rule is not None
    assert told.rule is not None
    assert (after.rule.meaning, after.summary) == (before.rule.meaning, before.summary)
    assert told.rule.meaning == "as of today"


async def test_a_set_is_kept_with_whose_place_a_rule_has(sqlite_world: World) -> None:
    """What a version of all rules stands for can be read and checked, what was replaced with it."""
    await change(sqlite_world)
    rules = await sqlite_world.payments.driver.rules_in_force()
    sets = await sqlite_world.runtime.database.read(read_rule_sets, [rules.rules_version])
    kept = sets[rules.rules_version]

    assert kept.genuine
    assert kept.content["errors"]["do_not_honor"]["handler"] == "fail_payment"
    assert kept.content["standing"]["do_not_honor"]["handler"] == "ask_for_new_card"


async def test_an_end_names_the_rules_that_wanted_it(sqlite_world: World) -> None:
    """A payment that rules end keeps their version, though they change until Stripe cancels."""
    await change(sqlite_world)
    ended_by = (await sqlite_world.payments.driver.rules_in_force()).rules_version
    await sqlite_world.fault("drop_before", "payment_intents.cancel", times=1)
    payment = (await sqlite_world.confirm(await sqlite_world.create(), DECLINED)).payment
    await change(sqlite_world, ChangeRule("ask_for_new_card", "they may go on"))
    told = await sqlite_world.payments.explain(payment.id, None)
    await sqlite_world.work(until=timedelta(minutes=10))
    last = (await sqlite_world.payments.history(payment.id, None))[-1]

    assert (payment.state, last["event"]) == ("confirming", "fail")
    assert told.rule is not None
    assert (told.rule.rules_version, told.rule.version) == (ended_by, 1)
    assert (last["handler"], last["rules_version"]) == ("fail_payment", ended_by)


async def test_other_processes_follow_in_time(sqlite_world: World) -> None:
    """Rules are read again once they are too old, and not before."""
    ticks = [0.0]
    desk = sqlite_world.runtime.decline_rules
    other = LiveRules(sqlite_world.runtime.database, desk.live.base, ticks=lambda: ticks[0])
    first = await other.current()
    await change(sqlite_world)
    ticks[0] = MAX_AGE_SECONDS - 0.001
    young = await other.current()
    ticks[0] = MAX_AGE_SECONDS
    old = await other.current()

    assert young is first
    assert old.rules_version == (await desk.live.current()).rules_version != first.rules_version


UNFIT = {
    "frees a card of the new program": {"handler": "ask_for_new_card", "code": "stolen_card"},
    "a delay of ages": {"auto_retry": [10**9]},
    "a delay in words": {"auto_retry": ["soon"]},
    "no delays at all": {"auto_retry": None},
    "a wait of ages": {"retry_after_seconds": 10**9},
    "a handler of the old program": {"handler": "ask_twice"},
}


@pytest.mark.parametrize("columns", UNFIT.values(), ids=UNFIT.keys())
async def test_what_is_unfit_is_left_out(sqlite_world: World, columns: dict[str, Any]) -> None:
    """A stored version that this program would not admit decides nothing, and stops nothing."""
    row = await change(sqlite_world)
    base = sqlite_world.runtime.decline_rules.live.base

    assert fit_rule_of(row, base) is not None
    assert fit_rule_of({**row, **columns}, base) is None


async def test_a_rule_that_another_program_stored_is_left_out(sqlite_world: World) -> None:
    """Over a module that disables the card, what was admitted without it is not in force."""
    await change(sqlite_world, ChangeRule("bar_same_card", "x"))
    database, base = sqlite_world.runtime.database, sqlite_world.runtime.decline_rules.live.base
    firm = base.with_overrides({"do_not_honor": base.errors["stolen_card"]})
    live = LiveRules(database, firm)
    rules = await live.current()

    assert rules.errors["do_not_honor"] is firm.errors["do_not_honor"]
    assert live.stored == {}


async def test_the_same_again_is_no_version(sqlite_world: World) -> None:
    """A change that changes nothing is the version that is there; another one is the next."""
    first = await change(sqlite_world)
    again = await change(sqlite_world, ChangeRule("fail_payment", "for another reason"))
    other = await change(sqlite_world, ChangeRule("bar_same_card", "no, rather this"))

    assert (first["version"], again["version"], other["version"]) == (1, 1, 2)
    assert again["reason"] == first["reason"]
    assert await done(sqlite_world) == ["rule_changed"] * 2


REFUSED = {
    "a success": ("do_not_honor", ChangeRule("complete_payment", "x"), "handler"),
    "no handler": ("do_not_honor", ChangeRule("pay", "x"), "handler"),
    "a stolen card in use": ("stolen_card", ChangeRule("ask_for_new_card", "x"), "handler"),
    "a lost card less far": ("lost_card", ChangeRule("disable_for_customer", "x"), "handler"),
    "fraud that goes on": ("fraudulent", ChangeRule("ask_for_new_card", "x"), "handler"),
    "a block that blames the card": ("blocked:*", ChangeRule("disable_card", "x"), "handler"),
    "a guess": ("rate_limit", ChangeRule("fail_payment", "x"), "handler"),
    "never an end": ("do_not_honor", ChangeRule("read_intent", "x"), "handler"),
    "advice unheard": (
        "advice:do_not_try_again",
        ChangeRule("allow_same_card_later", "x"),
        "handler",
    ),
    "a secret told": ("stolen_card", ChangeRule("disable_card", "x", "Stolen!"), "message"),
    "retries of a dead card": (
        "do_not_honor",
        ChangeRule("disable_card", "x", auto_retry=(60,)),
        "auto_retry",
    ),
}


@pytest.mark.parametrize(("code", "wish", "param"), REFUSED.values(), ids=REFUSED.keys())
async def test_some_rules_are_refused(
    sqlite_world: World, code: str, wish: ChangeRule, param: str
) -> None:
    """What no rule may do is refused under its field, and nothing is on record."""
    with pytest.raises(RuleRefused) as refusal:
        await change(sqlite_world, wish, code)

    assert refusal.value.param == param
    assert await done(sqlite_world) == []


async def test_codes_of_tomorrow_may_have_rules(sqlite_world: World) -> None:
    """A code that Stripe may add takes a rule; what looks like other evidence does not."""
    row = await change(sqlite_world, FAIL, "a_code_of_tomorrow")
    for code in ("network_advice:99", "advice:maybe", "UPPER", "a b"):
        with pytest.raises(RuleNotFound):
            await change(sqlite_world, FAIL, code)

    assert (row["version"], row["meaning"]) == (1, "a code of tomorrow")


async def test_a_second_person_approves(careful: World) -> None:
    """A proposal is not in force until a key of another name approves it."""
    desk = careful.runtime.decline_rules
    row = await change(careful)
    declined = (await careful.confirm(await careful.create(), DECLINED)).payment
    with pytest.raises(SecondPersonNeeded):
        await decide(careful, desk, "risk")
    approved = await decide(careful, desk, "finance")
    again = await decide(careful, desk, "finance")
    ended = (await careful.confirm(await careful.create(), DECLINED)).payment

    assert (row["state"], declined.state) == ("proposed", "requires_new_card")
    assert (approved["state"], approved["decided_by_name"]) == ("approved", "finance")
    assert again["decided_at"] == approved["decided_at"]
    assert ended.state == "failed"
    assert await done(careful) == ["rule_proposed", "rule_approved"]


async def test_what_became_unfit_is_not_approved(careful: World) -> None:
    """A proposal is asked again when it is approved: this program may have other rows by then."""
    desk = careful.runtime.decline_rules
    await change(careful, ChangeRule("bar_same_card", "x"))
    base = desk.live.base
    firm = base.with_overrides({"do_not_honor": base.errors["stolen_card"]})
    desk.live = LiveRules(careful.runtime.database, firm)
    with pytest.raises(RuleRefused):
        await decide(careful, desk, "finance")

    assert await done(careful) == ["rule_proposed"]


async def test_of_those_who_decide_at_once_one_does(both_careful: World) -> None:
    """Several approve at the same moment: one approval is on record, and all see it."""
    desk = both_careful.runtime.decline_rules
    await change(both_careful)
    people = ("finance", "office", "finance", "office")
    rows = await asyncio.gather(*(decide(both_careful, desk, each) for each in people))

    assert len({(row["state"], row["decided_by_name"], row["decided_at"]) for row in rows}) == 1
    assert await done(both_careful) == ["rule_proposed", "rule_approved"]


async def test_of_a_yes_and_a_no_at_once_one_counts(both_careful: World) -> None:
    """Who comes second is told that it is decided, and nothing of theirs is on record."""
    desk = both_careful.runtime.decline_rules
    await change(both_careful)
    caller = both_careful.caller(owner="office")
    no = desk.decide("do_not_honor", 1, "rejected", None, caller)
    told = await asyncio.gather(decide(both_careful, desk, "finance"), no, return_exceptions=True)

    assert sum(isinstance(each, RuleDecided) for each in told) == 1
    assert len(await done(both_careful)) == 2


async def test_the_same_decision_under_one_key_is_made_once(both_careful: World) -> None:
    """A request that is sent twice at once is one decision, and answered both times."""
    desk = both_careful.runtime.decline_rules
    await change(both_careful)
    caller = both_careful.caller("once", owner="finance", digest="d")
    wishes = (desk.decide("do_not_honor", 1, "approved", None, caller) for _ in range(3))
    told = await asyncio.gather(*wishes)

    assert {each.row["state"] for each in told} == {"approved"}
    assert len(await done(both_careful)) == 2


async def test_changes_at_once_are_numbered(world: World) -> None:
    """Of many who change one rule at the same moment each has a version, and an action."""
    wishes = [ChangeRule("fail_payment", "x", f"Words {number}.") for number in range(5)]
    rows = await asyncio.gather(*(change(world, wish) for wish in wishes))

    assert sorted(row["version"] for row in rows) == [1, 2, 3, 4, 5]
    assert await done(world) == ["rule_changed"] * 5


async def test_a_rejected_proposal_stays_so(careful: World) -> None:
    """What was rejected cannot be approved, and never was in force."""
    desk = careful.runtime.decline_rules
    await change(careful)
    await desk.decide("do_not_honor", 1, "rejected", "too hard", careful.caller(owner="risk"))
    with pytest.raises(RuleDecided):
        await decide(careful, desk, "finance")

    assert (await desk.live.current()).errors == desk.live.base.errors
    assert await done(careful) == ["rule_proposed", "rule_rejected"]


async def test_unknown_versions_are_not_found(careful: World) -> None:
    """There is nothing to approve."""
    with pytest.raises(RuleNotFound):
        await decide(careful, careful.runtime.decline_rules, "finance")


async def decide(world: World, desk: DeclineRules, by: str) -> dict[str, Any]:
    """Approve the first version."""
    caller = world.caller(owner=by)
    return (await desk.decide("do_not_honor", 1, "approved", "agreed", caller)).row


__all__ = ["world"]
