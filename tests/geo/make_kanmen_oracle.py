"""Makes kanmen_pytmd.json, the tide test's independent answer: heights of a month by pyTMD.

Not run by the tests: pyTMD brings ten packages that nothing else here needs. In an environment of
its own, with the station's file of the shared data (TICON-4, CC BY 4.0) as the one argument::

    pip install pyTMD==3.0.9
    python make_kanmen_oracle.py kanmen.json

Arguments and nodal corrections are pyTMD's ("FES" set), times every 10 minutes of July 2026,
heights about mean sea level in millimetres. Constituents that pyTMD lacks are left out and named.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pyTMD.constituents

START_MJD = 61222.0  # 2026-07-01T00:00Z
STEPS = 31 * 144


def main() -> None:
    """Write the file beside this script."""
    station = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    other_names = {"ep2": "eps2", "sgm": "sigma1", "3n2": "n2'", "3l2": "l2'"}
    mjd = START_MJD + np.arange(STEPS) / 144.0
    total, left_out = np.zeros(STEPS), []
    for item in station["harmonic_constituents"]:
        name = other_names.get(item["name"].lower(), item["name"].lower())
        try:
            u, f, g = pyTMD.constituents.arguments(mjd, [name], corrections="FES")
        except Exception:
            left_out.append(item["name"])
            continue
        turn = np.radians(g[:, 0] - item["phase"]) + u[:, 0]
        total += f[:, 0] * item["amplitude"] * np.cos(turn)
    answer = {
        "made_by": "pyTMD 3.0.9, make_kanmen_oracle.py",
        "licence_of_constants": "TICON-4, CC BY 4.0",
        "from": "2026-07-01T00:00:00Z",
        "step_min": 10,
        "left_out": left_out,
        "height_mm": np.rint(total * 1000).astype(int).tolist(),
    }
    Path(__file__).with_name("kanmen_pytmd.json").write_text(json.dumps(answer) + "\n")


main()
