"""Whether a decoder's memory grows: what a fuzzer found, damaged anew, 8,000 times.

    python tests/fuzz/memory_of_decoders.py FORMAT FOLDER

Prints the growth between the first quarter and the end; ends with status 1 above 48 MiB.
"""

from __future__ import annotations

import gc
import random
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent.parent), str(HERE.parent / "support")]

from decoder_forms import FORMS  # noqa: E402

MOST_BYTES = 4096
ROUNDS = 8_000
MOST_MIB = 48.0


def resident_mib() -> float:
    """What the process has in memory now."""
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 2**20


def damaged(samples: list[bytes], dice: random.Random) -> bytes:
    """A sample with up to a dozen places changed, cut out or filled."""
    data = bytearray(dice.choice(samples))
    for _ in range(dice.randrange(12)):
        at = dice.randrange(len(data) + 1)
        match dice.randrange(4):
            case 0:
                data[at : at + 1] = dice.randbytes(1)
            case 1:
                data[at:at] = dice.randbytes(dice.randrange(40))
            case 2:
                del data[at : at + dice.randrange(60)]
            case _:
                data[at:at] = dice.choice(samples)[: dice.randrange(800)]
    return bytes(data[:MOST_BYTES])


def main(form: str, folder: Path) -> int:
    """Feed it, and compare."""
    samples = [path.read_bytes() for path in sorted(folder.iterdir())]
    dice, before_mib = random.Random(1), 0.0
    for n in range(ROUNDS):
        if n == ROUNDS // 4:
            before_mib = resident_mib()
        decoder, data = FORMS[form].make(), damaged(samples, dice)
        decoder.feed(data[:97])
        decoder.feed(data[97:])
        decoder.close()
    growth_mib = resident_mib() - before_mib
    print(f"memory {growth_mib:+.0f} MiB over {ROUNDS - ROUNDS // 4} more inputs")
    return growth_mib > MOST_MIB


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
