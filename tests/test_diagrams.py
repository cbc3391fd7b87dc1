"""The generated files: what is in the repository is what the table gives."""

import subprocess
import sys
from pathlib import Path

import pytest

from diagrams.generate import FILES, main, stale, write


def test_repository_is_fresh() -> None:
    """The files in the repository were generated from the table as it is."""
    assert stale() == ()


def test_files_are_the_promised() -> None:
    """These are the files others link to."""
    assert list(FILES) == ["payment.mmd", "payment.svg", "transitions.csv"]


def test_written_files_are_fresh(tmp_path: Path) -> None:
    """What was just written is not stale."""
    write(tmp_path)

    assert stale(tmp_path) == ()


def test_missing_files_are_stale(tmp_path: Path) -> None:
    """A file that was never generated counts as stale."""
    assert stale(tmp_path) == tuple(FILES)


@pytest.mark.parametrize("name", FILES)
def test_check_names_the_stale_file(
    tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file edited by hand fails the check, which names it and changes nothing."""
    write(tmp_path)
    (tmp_path / name).write_text("drawn by hand")

    code = main(["--check"], tmp_path)
    complaint = capsys.readouterr().err

    assert code == 1
    assert [other for other in FILES if other in complaint] == [name]
    assert (tmp_path / name).read_text() == "drawn by hand"


def test_check_of_fresh_files_is_silent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A check with nothing to say says nothing."""
    write(tmp_path)

    code = main(["--check"], tmp_path)

    assert code == 0
    assert capsys.readouterr() == ("", "")


def test_run_writes(tmp_path: Path) -> None:
    """Without an option the files are written."""
    code = main([], tmp_path)

    assert code == 0
    assert stale(tmp_path) == ()


def test_module_runs() -> None:
    """The check is a command that continuous integration can call."""
    run = subprocess.run(  # No shell, no input: our own module.
        [sys.executable, "-m", "diagrams.generate", "--check"],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )

    assert (run.returncode, run.stderr) == (0, "")
