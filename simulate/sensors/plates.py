"""How plate readers misread (methods 7.2): one letter taken for another, or the province lost."""

from __future__ import annotations

from simulate.dice import Dice

_ALIKE = {
    "0": "D", "D": "0", "8": "B", "B": "8", "5": "S", "S": "5", "2": "Z", "Z": "2",
    "1": "L", "L": "1", "7": "T", "T": "7", "6": "G", "G": "6", "C": "G", "U": "V", "V": "Y",
}  # fmt: skip
_LOST_PERCENT = 10  # of the misreadings: about one reading in a hundred
_PROVINCES = "浙沪苏皖闽赣"


def misread(plate: str, dice: Dice) -> str:
    """A plate as a reader errs about it; never as it is.

    >>> misread("浙B8QX12", Dice(3)) != "浙B8QX12"
    True
    """
    if dice.chance(_LOST_PERCENT):
        return plate[1:]
    doubtful = [i for i in range(2, len(plate)) if plate[i] in _ALIKE]
    if not doubtful:
        return dice.pick([word for word in _PROVINCES if word != plate[0]]) + plate[1:]
    at = dice.pick(doubtful)
    return plate[:at] + _ALIKE[plate[at]] + plate[at + 1 :]
