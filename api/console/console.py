"""What all pages share: the deployment, who is signed in, how often one may try, and templates."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from api.console import formats
from api.console.static_files import static_url
from api.console.throttle import Throttle
from orchestrator.console_sessions import Sessions
from orchestrator.runtime import Runtime
from orchestrator.states.state import STATE_MEANINGS


@dataclass(slots=True)
class Console:
    """The console of one deployment."""

    runtime: Runtime
    sessions: Sessions
    throttle: Throttle = field(default_factory=Throttle)

    @classmethod
    def of(cls, runtime: Runtime) -> "Console":
        """Open a deployment's console, its templates ready: nobody's first page waits for them."""
        _compile_templates()
        return cls(runtime, Sessions(runtime.database))


@cache
def _compile_templates() -> None:
    for name in templates().list_templates(extensions=["html"]):
        templates().get_template(name)


def render(template: str, values: Mapping[str, Any]) -> str:
    """Fill a template; whatever it shows is escaped."""
    return templates().get_template(template).render(**values)


@cache
def templates() -> Environment:
    """Return the templates; one that names what it was not given fails."""
    environment = Environment(
        loader=PackageLoader("api.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    for name in (
        "money",
        "clock",
        "machine_time",
        "elapsed",
        "short",
        "words",
        "counted",
        "lasting",
        "plainly",
        "document",
    ):
        environment.filters[name] = getattr(formats, name)
    environment.globals |= {"static": static_url, "meanings": STATE_MEANINGS}
    return environment
