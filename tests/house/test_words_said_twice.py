"""What is said in two places is the same in both."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

DOCUMENTS = ("README.md", "README.zh.md", "CONTRIBUTING.md")


@pytest.fixture(scope="module")
def pyproject(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text("utf-8"))


def test_the_conda_environment_asks_for_what_pyproject_asks(
    root: Path, pyproject: dict[str, Any]
) -> None:
    conda = yaml.safe_load((root / "environment.yml").read_text("utf-8"))
    assert conda["name"] == pyproject["project"]["name"]
    assert conda["channels"] == ["conda-forge"]
    plain = [need for need in conda["dependencies"] if isinstance(need, str)]
    assert plain == [f"python{pyproject['project']['requires-python']}", "postgis", "pip"]
    assert [need for need in conda["dependencies"] if isinstance(need, dict)] == [{"pip": ["-e ."]}]


def test_every_room_is_installed_typed_and_under_the_arrows(
    root: Path, pyproject: dict[str, Any]
) -> None:
    rooms = {path.parent.name for path in root.glob("*/__init__.py")}
    installed = set(pyproject["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    assert rooms == installed - {"sites"}
    assert rooms == set(pyproject["tool"]["mypy"]["packages"])
    assert rooms == set(pyproject["tool"]["importlinter"]["root_packages"])
    makefile = (root / "Makefile").read_text("utf-8")
    found = re.search(r"^ROOMS := (.+)$", makefile, re.MULTILINE)
    assert found is not None
    assert rooms == set(found[1].split())


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_make_command_of_the_documents_is_in_the_makefile(root: Path, document: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b(?=[`\s]*[`#\n ])", code_of(root / document)))
    assert named
    assert named <= targets


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_pierwatch_command_of_the_documents_answers_to_help(
    root: Path, document: str
) -> None:
    named = sorted(set(re.findall(r"\bpierwatch ([a-z]+)\b", code_of(root / document))))
    for command in named:
        pierwatch = Path(sys.executable).with_name("pierwatch")
        said = subprocess.run([pierwatch, command, "--help"], capture_output=True, text=True)
        assert said.returncode == 0, f"pierwatch {command}: {said.stderr}"


def test_every_file_and_heading_that_a_document_links_to_is_there(root: Path) -> None:
    documents = [*(root / name for name in DOCUMENTS), *sorted((root / "docs").rglob("*.md"))]
    assert root / "docs/models.zh.md" in documents
    missing = []
    for document in documents:
        for link in re.findall(r"\]\(([^)]+)\)", document.read_text("utf-8")):
            path, _, heading = link.partition("#")
            there = document.parent / path if path else document
            if "://" in link or (there.exists() and (not heading or heading in anchors(there))):
                continue
            missing.append(f"{document.relative_to(root)}: {link}")
    assert missing == []


def test_the_model_cards_say_the_same_in_both_languages(root: Path) -> None:
    english, chinese = (
        (root / f"docs/{name}").read_text("utf-8") for name in ("models.md", "models.zh.md")
    )
    for part in (r"(?m)^(#+) ", r"(?m)^(- )", r"(?m)^(\|).*\|$"):
        assert len(re.findall(part, english)) == len(re.findall(part, chinese))
    for mark in (r"`([^`\n]+)`", r"\]\(([^)#]+)"):
        theirs = [
            set(re.findall(mark, text.replace(".zh.md", ".md"))) for text in (english, chinese)
        ]
        assert {word for word in theirs[0] ^ theirs[1] if "<" not in word} == set()


def test_both_readmes_say_the_same(root: Path) -> None:
    english, chinese = ((root / name).read_text("utf-8") for name in ("README.md", "README.zh.md"))
    for part in (
        r"(?m)^#+ ",
        r"(?m)^ *(?:\d\.|-) ",
        r"(?s)```\n.*?```",
        r"(?a)https?://[\w:/]+(?:\.[\w:/]+)*",
    ):
        assert re.findall(part, english) == re.findall(part, chinese)
    for mark in (r"`([^`\n]+)`", r"\]\(([^)#]+)\)"):
        theirs = {word.replace(".zh.md", ".md") for word in re.findall(mark, chinese)}
        said = set(re.findall(mark, english)) ^ theirs
        assert {word for word in said if not re.search("README|screen-", word)} == set()


def anchors(document: Path) -> set[str]:
    """The names by which headings of a Markdown page can be linked to, as GitHub makes them."""
    heads = re.findall(r"(?m)^#+ (.+)$", document.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def code_of(document: Path) -> str:
    """Return what a document sets as code: between backticks and in fenced blocks."""
    text = document.read_text("utf-8")
    fenced = re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL)
    inline = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    return "\n".join([*fenced, *inline]) + "\n"
