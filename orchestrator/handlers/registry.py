"""The rules a process decides by: ours, a deployment's over them, stored ones over both.

A ``RuleSet`` never changes; whoever decides takes one and keeps to it. A deployment's module that
could not be asked for every outcome is refused when it is loaded, not when a payment needs it.
"""

import hashlib
import importlib
import inspect
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import FunctionType, MappingProxyType, ModuleType
from typing import Any, Final

from orchestrator.errors import Misconfigured
from orchestrator.handlers.actions import Rule
from orchestrator.handlers.errors import ERROR_HANDLERS
from orchestrator.handlers.outcome import Handler
from orchestrator.handlers.successes import SUCCESS_HANDLERS

STORED: Final = "stored rules"


class InvalidHandlers(Misconfigured):
    """A deployment's handlers cannot be used; ``origin`` is their module, ``problem`` says why."""

    code = "invalid_handlers"

    def __init__(self, origin: str, problem: str) -> None:
        self.origin = origin
        self.problem = problem
        super().__init__(
            f"The handlers of {origin} cannot be used: {problem}. "
            "Correct them, or unset ORCHESTRATOR_HANDLERS to run with the built-in ones."
        )


@dataclass(frozen=True, slots=True)
class RuleSet:
    """One unchanging set of rules.

    ``own`` are the keys of ``errors`` that somebody put over ours. ``auto_retries`` is how often a
    payment's cards may be tried again by themselves; 0 is never. ``standing`` has a key for each
    stored row: the row it stands in for, whose place in the evidence it keeps (null: there was
    none). ``rules_version`` is the hash of all that decides: what the maps hold, whose place a row
    has, and the code behind it. It is the same in every process.
    """

    errors: Mapping[str, Handler]
    successes: Mapping[str, Handler]
    own: frozenset[str] = frozenset()
    auto_retries: int = 0
    standing: Mapping[str, Handler | None] = field(default_factory=lambda: MappingProxyType({}))
    rules_version: str = field(init=False)

    def __post_init__(self) -> None:
        # Copies, so that whoever still holds the maps cannot change a decision or its version.
        object.__setattr__(self, "errors", MappingProxyType(dict(self.errors)))
        object.__setattr__(self, "successes", MappingProxyType(dict(self.successes)))
        object.__setattr__(self, "rules_version", version_of(content_of(self)))

    def with_overrides(self, overrides: Mapping[str, Handler]) -> "RuleSet":
        """Return these rules with some error rows replaced or added.

        Raises:
            InvalidHandlers: a key or a handler cannot be used.
        """
        checked = _checked(STORED, "overrides", overrides)
        return replace(self, errors={**self.errors, **checked}, own=self.own | checked.keys())

    def with_stored(self, stored: Mapping[str, Rule]) -> "RuleSet":
        """Return these rules with stored rows in the place of theirs.

        Such a row changes what is decided by it, never which row decides: it stands in the evidence
        where the one stood that it replaces.
        """
        standing = {key: self.standing.get(key, self.errors.get(key)) for key in stored}
        return replace(self, errors={**self.errors, **stored}, standing=standing)


def load_rules(module_name: str | None = None) -> RuleSet:
    """Merge a deployment's ``ERROR_HANDLERS`` and ``SUCCESS_HANDLERS`` over the built-in ones.

    Raises:
        InvalidHandlers: the module does not import, has neither map, or maps something unusable.
    """
    if not module_name:
        return RuleSet(ERROR_HANDLERS, SUCCESS_HANDLERS)
    module = _import(module_name)
    if not (hasattr(module, "ERROR_HANDLERS") or hasattr(module, "SUCCESS_HANDLERS")):
        problem = "the module has neither ERROR_HANDLERS nor SUCCESS_HANDLERS"
        raise InvalidHandlers(module_name, problem)
    errors = _checked(module_name, "ERROR_HANDLERS", getattr(module, "ERROR_HANDLERS", {}))
    successes = _checked(module_name, "SUCCESS_HANDLERS", getattr(module, "SUCCESS_HANDLERS", {}))
    unknown = sorted(successes.keys() - SUCCESS_HANDLERS.keys())
    if unknown:
        problem = f"SUCCESS_HANDLERS has {unknown}; it knows {sorted(SUCCESS_HANDLERS)}"
        raise InvalidHandlers(module_name, problem)
    return RuleSet(
        {**ERROR_HANDLERS, **errors}, {**SUCCESS_HANDLERS, **successes}, frozenset(errors)
    )


def handler_name(handler: Handler) -> str:
    """Name a handler as history does: ours by its name, a deployment's with its module."""
    function = handler.handler if isinstance(handler, Rule) else handler
    name: str = getattr(function, "__qualname__", type(function).__qualname__)
    if function.__module__.startswith("orchestrator.handlers."):
        return name
    return f"{function.__module__}.{name}"


def describe(handler: Handler) -> dict[str, Any]:
    """Return a row's facts as JSON can hold them; of a deployment's function only its name."""
    if not isinstance(handler, Rule):
        return {"handler": handler_name(handler), "action": None}
    return {
        "handler": handler_name(handler),
        "action": handler.action,
        "message": handler.message,
        "meaning": handler.meaning,
        "source": handler.source,
        "disable_scope": handler.disable_scope,
        "generic": handler.generic,
        "alert": handler.alert,
        "retry_after_seconds": handler.retry_after_seconds,
        "yields_to": [handler_name(other) for other in handler.yields_to],
        "auto_retry": list(handler.auto_retry),
    }


def _import(module_name: str) -> ModuleType:
    try:
        return importlib.import_module(module_name)
    except Exception as error:
        problem = f"the module does not import ({type(error).__name__}: {error})"
        raise InvalidHandlers(module_name, problem) from error


def _checked(origin: str, name: str, rows: object) -> dict[str, Handler]:
    if not isinstance(rows, Mapping):
        raise InvalidHandlers(origin, f"{name} is no mapping but a {type(rows).__name__}")
    for key, handler in rows.items():
        problem = _problem_with_key(key) or _problem_with_handler(handler)
        if problem:
            raise InvalidHandlers(origin, f"{name}[{key!r}] {problem}")
    return dict(rows)


def _problem_with_key(key: object) -> str | None:
    return None if isinstance(key, str) and key else "has a key that is no code"


def _problem_with_handler(handler: object) -> str | None:
    function = handler.handler if isinstance(handler, Rule) else handler
    if not callable(function):
        return "is not callable"
    if not isinstance(function, FunctionType):
        # Only a function's code can be read, and rules_version has to stand for what decides.
        return "is neither a plain function nor a Rule"
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        return "is a coroutine function; handlers wait for nothing, write it with plain def"
    if inspect.isgeneratorfunction(function):
        return "is a generator; a handler returns a HandlerResult"
    try:
        inspect.signature(function).bind("outcome", "payment")
    except TypeError:
        return "cannot be called as handler(outcome, payment)"
    return None


def content_of(rules: RuleSet) -> dict[str, dict[str, Any]]:
    """Return all that decides as JSON can hold it: what ``rules_version`` is the hash of."""
    content = {
        "errors": {key: _identity(handler) for key, handler in rules.errors.items()},
        "successes": {key: _identity(handler) for key, handler in rules.successes.items()},
    }
    # What decides which row decides: whose rows they are, and whose place a stored one has.
    if rules.own:
        content["own"] = {key: {} for key in rules.own}
    if rules.standing:
        content["standing"] = {
            key: _identity(handler) if handler is not None else {}
            for key, handler in rules.standing.items()
        }
    return content


def version_of(content: Mapping[str, Any]) -> str:
    """Return the ``rules_version`` of what decides; whoever has the one can check the other.

    Raises:
        TypeError, ValueError: it holds what no set of rules of ours does.
    """
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def _identity(handler: Handler) -> dict[str, Any]:
    function = handler.handler if isinstance(handler, Rule) else handler
    return {**describe(handler), "code": _code_hash(function)}


@cache
def _code_hash(handler: Handler) -> str:
    """Hash the whole module a function is from: what it calls decides as much as it does.

    Cached, so that the version stays with the code that was loaded when a file is replaced.
    """
    try:
        code = inspect.getsource(inspect.getmodule(handler) or handler).encode()
    except (OSError, TypeError):
        # Without a source file the compiled function is all there is.
        code = handler.__code__.co_code if isinstance(handler, FunctionType) else b""
    return hashlib.sha256(code).hexdigest()
