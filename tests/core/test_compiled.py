"""What Numba keeps of a compiled function is not used once a function that it calls has changed."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

import pytest

CALLED = "from core.compiled import compiled\n@compiled\ndef called(x):\n    return x + {}\n"
CALLER = (
    "from core.compiled import compiled\nfrom called_module import called\n"
    "@compiled\ndef caller(x):\n    return called(x)\n"
)


def answer() -> float:
    for name in ("called_module", "caller_module"):
        sys.modules.pop(name, None)
    importlib.invalidate_caches()
    return float(importlib.import_module("caller_module").caller(0.5))


def test_a_change_of_what_is_called_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "caller_module.py").write_text(CALLER)
    (tmp_path / "called_module.py").write_text(CALLED.format("1.0"))
    assert answer() == 1.5
    (tmp_path / "called_module.py").write_text(CALLED.format("20.0"))  # of another length
    assert answer() == 20.5
