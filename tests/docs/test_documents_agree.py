"""What the documents say of routes, states, settings, codes and cards is what there is."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from typer.main import get_command

from api.app import create_app
from api.errors import INTERNAL_ERROR, STATUSES
from orchestrator.cli import app
from orchestrator.reconcile.differences import MEANING
from orchestrator.sandbox.cards import resolve_shared_id
from orchestrator.settings import Settings
from orchestrator.states import PaymentState
from tests.docs.blocks import DOCUMENTS, REPOSITORY, RUN, blocks_of, read

LINK = re.compile(r"\[[^\]]+\]\((?!https?://)([^)#\s]*)(#[^)]*)?\)")
FILES = (*DOCUMENTS, "CONTRIBUTING.md", "CHANGELOG.md", "docs/README.md", "docs/adr/README.md")


def headings(document: str) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", read(document), re.MULTILINE)
    plain = (re.sub(r"[`*]", "", title).lower() for title in titles)
    return {re.sub(r"[^\w\- ]", "", title).replace(" ", "-") for title in plain}


@pytest.mark.parametrize("document", FILES)
def test_links_lead_somewhere(document: str) -> None:
    """Every link to another file, or to a heading, finds it."""
    broken = []
    for target, anchor in LINK.findall(read(document)):
        place = (REPOSITORY / document).parent / target if target else REPOSITORY / document
        if not place.exists():
            broken.append(target)
        elif anchor and anchor[1:] not in headings(str(place.resolve().relative_to(REPOSITORY))):
            broken.append(target + anchor)

    assert broken == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_what_is_not_run_has_a_reason(document: str) -> None:
    """A block of commands that is not run says why."""
    reasons = [block.reason for block in blocks_of(document) if block.language in RUN]

    assert all(reason is None or len(reason) > 10 for reason in reasons)


def test_the_readme_lists_every_route() -> None:
    """Each route that the API describes stands in the README's table."""
    text = read("README.md")
    listed = {
        (method, path)
        for methods, path in re.findall(r"`((?:GET|POST|DELETE|PUT)(?: / \w+)*) (/[^`\s]*)`", text)
        for method in methods.lower().split(" / ")
    }
    described = {
        (method, re.sub(r"\{\w+\}", "{id}", path))
        for path, item in create_app().openapi()["paths"].items()
        for method in item
    }

    assert described - listed == set()
    assert listed - described <= {
        ("get", "/openapi.json"),
        # Stripe is its only caller, and describes what is sent.
        ("post", "/v1/webhooks/stripe"),
    }


@pytest.mark.parametrize("document", ["README.md", "docs/integrating.md"])
def test_every_state_is_explained(document: str) -> None:
    """What to do is told of each of the six states, in one table."""
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| [^|]+ \|$", read(document), re.MULTILINE)

    assert {state.value for state in PaymentState} <= set(rows)


def test_every_code_is_explained() -> None:
    """Each code that the API may answer with stands in the table of errors, under its status."""
    text = read("docs/integrating.md")
    told = {
        (code, int(status))
        for codes, status in re.findall(
            r"^\| (`\w+`(?:, `\w+`)*) \| (\d{3}) \|", text, re.MULTILINE
        )
        for code in re.findall(r"\w+", codes)
    }
    raised = {(kind.code, status) for kind, status in STATUSES.items() if hasattr(kind, "code")}

    assert told == raised | {(INTERNAL_ERROR, 500), ("method_not_allowed", 405)}


def test_every_difference_is_explained() -> None:
    """Each kind of difference stands in its document's table, with what it means."""
    told = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", read("docs/reconciling.md"), re.MULTILINE))

    assert told == {kind.value: meaning for kind, meaning in MEANING.items()}


def test_every_setting_is_explained() -> None:
    """Each setting stands in the table of settings, with its default."""
    text = read("docs/operating.md")
    told = {
        name.lower(): default.strip("` ")
        for name, default in re.findall(r"^\| `([A-Z0-9_]+)` \|([^|]*)\|", text, re.MULTILINE)
    }
    defaults = {name: each.default for name, each in Settings.model_fields.items()}

    assert told.keys() == defaults.keys()
    assert {name: told[name] for name in told} == {
        name: _written(value) for name, value in defaults.items()
    }


def _written(default: Any) -> str:
    if default is None:
        return ""
    return f"{default:g}" if isinstance(default, float) else str(default)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_card_exists(document: str) -> None:
    """Each test card that a document names is one that the stand-in knows."""
    named = set(re.findall(r"pm_(?:card|sim)_\w*\w", read(document)))
    unknown = {card for card in named if resolve_shared_id(card) is None}

    assert unknown == set()


@pytest.mark.parametrize("document", FILES)
def test_every_file_exists(document: str) -> None:
    """Each of the repository's files and folders that a document names is there."""
    tops = "|".join(sorted(re.escape(each.name) for each in REPOSITORY.iterdir() if each.is_dir()))
    named = re.findall(rf"`((?:{tops})/[\w./-]*)`", read(document))

    assert [
        name for name in named if not (REPOSITORY / name).exists() and "build/" not in name
    ] == []


@pytest.mark.parametrize("document", FILES)
def test_every_command_exists(document: str) -> None:
    """Each command of ours and each target of make that a document names is there."""
    text = read(document)
    targets = set(re.findall(r"^([a-z]+):", read("Makefile"), re.MULTILINE))
    made = set(re.findall(r"(?:`|^)make ([a-z]+)", text, re.MULTILINE))
    commands = _paths_of(get_command(app))
    groups = {words.split()[0] for words in commands if " " in words}
    told = {
        f"{first} {second}" if first in groups and second else first
        for first, second in re.findall(
            r"(?:`|^| |\()orchestrator ([a-z]+)(?: ([a-z]+))?\b", _code_of(text), re.MULTILINE
        )
    }

    assert made - targets == set()
    assert told - commands == set()


def test_every_log_event_exists() -> None:
    """Each event of the table of logs is one that the service writes."""
    section = read("docs/operating.md").partition("| event | says |")[2].partition("\n\n")[0]
    told = re.findall(r"`(\w+)`", "".join(line.split("|")[1] for line in section.split("\n")[2:]))
    sources = [*REPOSITORY.glob("api/**/*.py"), *REPOSITORY.glob("orchestrator/**/*.py")]
    written = set(
        re.findall(
            r"log\.\w+\(\s*\"(\w+)\"", "".join(path.read_text(encoding="utf-8") for path in sources)
        )
    )

    assert len(told) > 5
    assert set(told) - written == set()


def test_figures_are_the_measured_ones() -> None:
    """The capacity that is told is the last one measured."""
    measured = json.loads(read("benchmarks/results.json"))["contenders"]["ours"]
    rows = re.findall(
        r"^\| (?:CPU of|payments a)[^|]* \| (\S+) \| (\S+) \| (\S+) \|$",
        read("docs/operating.md"),
        re.MULTILINE,
    )
    figures = ("median", "lowest", "highest")
    digits = {"server_milliseconds": 1, "postgresql_milliseconds": 1, "payments_per_second": 0}

    assert rows == [
        tuple(f"{measured[name][figure]:.{places}f}" for figure in figures)
        for name, places in digits.items()
    ]


def _code_of(text: str) -> str:
    return "\n".join(re.findall(r"```\w*\n.*?```|`[^`\n]+`", text, re.DOTALL))


def _paths_of(command: Any, before: str = "") -> set[str]:
    """List a command's subcommands at every level, as they are typed."""
    found = set()
    for name, each in getattr(command, "commands", {}).items():
        found |= {before + name} | _paths_of(each, f"{before}{name} ")
    return found
