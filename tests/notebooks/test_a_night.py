"""The notebook runs from end to end on a night that the pipeline wrote, and shows what it says."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jupytext
import nbclient
import pytest
from night_scene import replay_night
from PIL import Image

from store.engine import Store

NOTEBOOK = Path(__file__).parents[2] / "notebooks" / "01_a_night.py"
pytestmark = pytest.mark.postgis


@pytest.fixture(scope="module")
def executed(store: Store, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    replay_night(store, tmp_path_factory.mktemp("night"))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("DATABASE_URL", store.url)
        for name in [name for name in os.environ if name.startswith("PIERWATCH_STORE__")]:
            environment.delenv(name)
        notebook = jupytext.read(NOTEBOOK)
        where = {"metadata": {"path": str(NOTEBOOK.parent)}}
        client = nbclient.NotebookClient(notebook, timeout=120, resources=where)
        yield client.execute()


def outputs(executed: Any) -> list[Any]:
    return [out for cell in executed.cells for out in cell.get("outputs", [])]


def test_no_cell_complains(executed: Any) -> None:
    said = [out for out in outputs(executed) if out.get("name") == "stderr"]
    assert [out["text"] for out in said] == []


def test_it_shows_two_maps_and_a_waterfall_and_none_of_them_is_blank(executed: Any) -> None:
    images = [
        out["data"]["image/png"] for out in outputs(executed) if "image/png" in out.get("data", {})
    ]
    pictures = [Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB") for text in images]
    for i, picture in enumerate(pictures):
        keep = os.environ.get("PIERWATCH_TEST_PICTURES")
        if keep:
            picture.save(Path(keep) / f"notebook-{i}.png")
    assert len(pictures) == 3
    for picture in pictures:
        colours = picture.getcolors(maxcolors=1 << 24)
        assert colours is not None
        assert len(colours) > 100
        assert max(n for n, _ in colours) < 0.97 * picture.width * picture.height


def test_it_finds_a_landing_and_tells_why(executed: Any) -> None:
    text = "\n".join(str(out.get("data", {}).get("text/plain", "")) for out in outputs(executed))
    assert "no alert yet" not in text
    assert "idle_pier" in text
    assert "unregistered" in text
    printed = "".join(out["text"] for out in outputs(executed) if out.get("name") == "stdout")
    assert "heard within 300 m of P" in printed


def test_every_section_says_in_a_line_of_chinese_what_it_is_about(executed: Any) -> None:
    sections = [cell.source for cell in executed.cells if cell.source.startswith("#")]
    assert len(sections) >= 7
    for section in sections:
        body = section.split("\n")[2]
        assert any("\u4e00" <= letter <= "\u9fff" for letter in body), section
