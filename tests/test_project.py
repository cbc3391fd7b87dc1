"""What a fresh clone relies on: the lock, the Makefile, and a tree that names nobody's machine."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import orchestrator

PROJECT = Path(__file__).resolve().parent.parent
LOCK = (PROJECT / "requirements.lock").read_text(encoding="utf-8")
PINS = {
    canonicalize_name(name): version
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", LOCK, re.MULTILINE)
}
CONTRACT_TARGETS = {"help", "setup", "demo", "test", "run", "check", "bench", "prove"}
# Folders that hold a person's or a job's own files; an address's path has a word before the slash.
MACHINE_PATH = re.compile(r"(?<![\w.)}])/(?:home|Users|root|work|private)/\w")
GENERATED_FOLDERS = {"__pycache__", "build", "dist", "htmlcov", "node_modules"}


def pyproject() -> dict[str, Any]:
    """Read pyproject.toml."""
    return tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))


def declared_requirements() -> list[Requirement]:
    """Return every requirement of pyproject.toml: to build, to run and to test."""
    settings = pyproject()
    lines = [
        *settings["build-system"]["requires"],
        *settings["project"]["dependencies"],
        *settings["dependency-groups"]["dev"],
    ]
    return [Requirement(line) for line in lines]


def text_files() -> Iterator[tuple[Path, str]]:
    """Yield the project's own text files with their text."""
    for folder, names, files in os.walk(PROJECT):
        names[:] = [
            name
            for name in names
            if name == ".ci" or not (name.startswith(".") or name in GENERATED_FOLDERS)
        ]
        for file in files:
            path = Path(folder, file)
            try:
                yield path.relative_to(PROJECT), path.read_text(encoding="utf-8")
            except UnicodeDecodeError:
                continue


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make as a shell would, also from inside a run of make."""
    environment = {name: os.environ[name] for name in os.environ if not name.startswith("MAKE")}
    return subprocess.run(
        ["make", *arguments],
        cwd=PROJECT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def find_python(wanted: str, path: Path) -> subprocess.CompletedProcess[str]:
    """Look for an interpreter on a PATH of one folder."""
    return subprocess.run(
        ["/bin/sh", str(PROJECT / "scripts" / "find_python.sh"), wanted],
        env={"PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_lock_names_no_address() -> None:
    """The lock leaves to each machine where packages come from."""
    addressed = re.findall(r"^.*(?:://| @ |file:).*$|^-.*$", LOCK, re.MULTILINE)

    assert addressed == []


def test_every_pin_has_hashes() -> None:
    """No package of the lock installs unverified."""
    entries = re.split(r"^(?=[A-Za-z0-9])", LOCK, flags=re.MULTILINE)[1:]
    unhashed = [entry for entry in entries if "--hash=sha256:" not in entry]

    assert len(entries) == len(PINS)
    assert unhashed == []


@pytest.mark.parametrize("requirement", declared_requirements(), ids=str)
def test_lock_satisfies_requirement(requirement: Requirement) -> None:
    """Each requirement of pyproject.toml is locked, at a version that it allows."""
    version = PINS[canonicalize_name(requirement.name)]

    assert requirement.specifier.contains(version, prereleases=True)


def test_version_is_said_once() -> None:
    """The package and its metadata name the same version."""
    assert pyproject()["project"]["version"] == orchestrator.__version__


def test_tree_names_no_machine() -> None:
    """No file of the project refers to a folder of somebody's machine."""
    found = [
        f"{path}: {line.strip()[:100]}"
        for path, content in text_files()
        for line in content.splitlines()
        if MACHINE_PATH.search(line)
    ]

    assert found == []


def test_help_lists_the_targets() -> None:
    """`make help` names every target that the documentation promises."""
    listed = set(re.findall(r"^  make (\w+) ", make("help").stdout, re.MULTILINE))

    assert listed >= CONTRACT_TARGETS


@pytest.mark.parametrize("target", sorted(CONTRACT_TARGETS | {"lock", "clean"}))
def test_target_can_be_made(target: str) -> None:
    """Every target has a rule whose recipe make can read through."""
    dry_run = make("--dry-run", target)

    assert dry_run.stderr == ""
    assert dry_run.returncode == 0


def test_missing_python_is_explained(tmp_path: Path) -> None:
    """Without any Python, make says so and how to install one."""
    answer = find_python("", tmp_path)

    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr.startswith("Python 3.11 or newer is missing")
    assert "Install it with:\n    " in answer.stderr


def test_python_that_cannot_run_is_named(tmp_path: Path) -> None:
    """An interpreter named by hand that does not run is refused by its name."""
    answer = find_python("python9.9", tmp_path)

    assert answer.returncode == 1
    assert answer.stderr.startswith("PYTHON=python9.9 is not a Python 3.11 or newer that runs.")


def test_missing_venv_module_is_explained(tmp_path: Path) -> None:
    """Where Python lacks its venv module, make says so and how to install that."""
    bare = tmp_path / "python3.12"
    bare.write_text("#!/bin/sh\necho bare 3.12\n")
    bare.chmod(0o755)

    answer = find_python("", tmp_path)

    assert answer.returncode == 1
    assert answer.stderr.startswith("Python 3.12 is here, but its venv module is missing.")


def test_unusable_python_is_passed_over(tmp_path: Path) -> None:
    """A newer interpreter that is too old, bare or broken gives way to the next that works."""
    for name, script in {
        "python3.14": "exit 127",
        "python3.13": "echo bare 3.13",
        "python3.12": "echo old 3.8",
        "python3.11": "echo ok /somewhere/python3.11",
    }.items():
        candidate = tmp_path / name
        candidate.write_text(f"#!/bin/sh\n{script}\n")
        candidate.chmod(0o755)

    answer = find_python("", tmp_path)

    assert answer.stdout == "/somewhere/python3.11\n"
    assert answer.returncode == 0
