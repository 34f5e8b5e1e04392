"""Set-up does each step once, says so in a line, and says what to do where one fails."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import IO

import pytest

Load = Callable[[str], ModuleType]


@pytest.fixture
def steps(script: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = script("steps")
    monkeypatch.setattr(module, "STATE", tmp_path / "setup")
    return module


def step(steps: ModuleType, result: Path, made_from: str, words: list[str]) -> object:
    def make(log: IO[str]) -> None:
        steps.run(log, words)

    return steps.Step("thing", "A thing", made_from, result.exists, make, "Mend the thing.")


def test_a_step_is_done_once_and_again_when_its_source_changed(
    steps: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = tmp_path / "result"
    words = ["touch", str(result)]
    for made_from in ("1", "1", "2"):
        assert steps.do([step(steps, result, made_from, words)])
    lines = capsys.readouterr().out.splitlines()
    assert lines == [
        "[1/1] A thing … ok (0 s)",
        "[1/1] A thing … there",
        "[1/1] A thing … ok (0 s)",
    ]


def test_a_step_whose_result_was_taken_away_is_done_again(
    steps: ModuleType, tmp_path: Path
) -> None:
    result = tmp_path / "result"
    assert steps.do([step(steps, result, "1", ["touch", str(result)])])
    result.unlink()
    assert steps.do([step(steps, result, "1", ["touch", str(result)])])
    assert result.exists()


def test_what_somebody_else_installed_is_taken_as_it_is(steps: ModuleType, tmp_path: Path) -> None:
    result = tmp_path / "result"
    result.touch()
    assert steps.do([step(steps, result, "", ["false"])])


def test_a_failing_step_shows_its_last_words_and_what_to_do(
    steps: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["sh", "-c", "echo the disk is full; exit 7"]
    assert not steps.do([step(steps, tmp_path / "result", "1", words)])
    said = capsys.readouterr()
    assert said.out == "[1/1] A thing … failed (0 s)\n"
    assert "the disk is full" in said.err
    assert "exit code 7. Mend the thing." in said.err
    assert str(tmp_path / "setup" / "thing.log") in said.err


def test_a_step_that_ends_well_without_its_result_has_failed(
    steps: ModuleType, tmp_path: Path
) -> None:
    assert not steps.do([step(steps, tmp_path / "result", "1", ["true"])])


def test_an_unknown_purpose_is_refused(root: Path) -> None:
    said = subprocess.run(
        [sys.executable, root / "scripts/setup.py", "demonstrate"], capture_output=True, text=True
    )
    assert said.returncode == 2
    assert "demo, check, test" in said.stdout


def test_a_program_in_the_unpacked_tree_starts_with_its_own_variables(
    script: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    debian = script("debian")
    private = tmp_path / "root/usr/lib/x86_64-linux-gnu/pulseaudio/libx.so.1"
    private.parent.mkdir(parents=True)
    private.touch()
    monkeypatch.setattr(debian, "UNPACKED", tmp_path / "root")
    debian.write_launcher(tmp_path / "bin/env", Path("/usr/bin/env"), FONTCONFIG_FILE="a b")
    said = subprocess.run([tmp_path / "bin/env"], capture_output=True, text=True, check=True)
    assert f"LD_LIBRARY_PATH={private.parent.parent}:{private.parent}" in said.stdout.splitlines()
    assert "FONTCONFIG_FILE=a b" in said.stdout.splitlines()


def test_a_given_database_needs_no_postgis_here(
    script: Load, monkeypatch: pytest.MonkeyPatch
) -> None:
    postgis = script("postgis")
    monkeypatch.setattr(postgis, "_programs", list)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert not postgis.is_there()
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1/pierwatch")
    assert postgis.is_there()


def test_a_skipped_test_fails_the_run_and_an_expected_failure_does_not(
    root: Path, tmp_path: Path
) -> None:
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "def test_one(): pass\n"
        "@pytest.mark.xfail(strict=True)\ndef test_two(): assert False\n"
    )
    assert skips_of(root, tmp_path) == (0, "")
    (tmp_path / "test_more.py").write_text(
        "import pytest\ndef test_three(): pytest.skip('no PostGIS')\n"
    )
    code, said = skips_of(root, tmp_path)
    assert code == 1
    assert "test_three: no PostGIS" in said


def skips_of(root: Path, folder: Path) -> tuple[int, str]:
    """Run the tests of a folder and the check of its report."""
    pytest_here = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    quiet = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run(
        [*pytest_here, f"--rootdir={folder}", "--junitxml=junit.xml", "."],
        cwd=folder,
        env=quiet,
        check=True,
        capture_output=True,
    )
    check: list[str | Path] = [
        sys.executable,
        root / "scripts/check_skips.py",
        folder / "junit.xml",
    ]
    said = subprocess.run(check, capture_output=True, text=True)
    return said.returncode, said.stdout


def test_what_ci_runs_is_a_program_that_bash_can_read(root: Path) -> None:
    assert os.access(root / ".ci/run", os.X_OK)
    subprocess.run(["bash", "-n", root / ".ci/run"], check=True)


def test_help_names_every_command(root: Path) -> None:
    said = subprocess.run(["make", "help"], cwd=root, capture_output=True, text=True, check=True)
    named = [line.split()[1] for line in said.stdout.splitlines() if line.startswith("  make ")]
    assert named == ["help", "demo", "test", "check", "bench", "soak", "fuzz", "setup", "clean"]
