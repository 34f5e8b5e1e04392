"""Every error of pierwatch, in one tree.

Each says where it happened, what was expected, what came, and who must act::

    PierwatchError
    ├── InputError            someone outside sent or wrote something wrong
    │   ├── SiteError         a site file is missing or wrong       → whoever keeps the site
    │   ├── RecordingError    a recording cannot be read            → whoever made it
    │   ├── SettingsError     a setting is unknown or out of range  → the operator
    │   └── DecisionError     a decision lacks or misstates a member → the officer at the desk
    ├── SetupError            something needed is not installed     → the operator
    ├── StoreError            the database refused                  → the operator
    │   └── StoreUnavailable  it does not answer; waiting may help  → nobody yet
    ├── ArchiveError          the raw archive cannot be written     → the operator
    │   └── ArchiveFull       nothing may be dropped for new frames → the operator
    └── JudgementError        judgements contradict each other      → who gave them

A bad frame is no exception: it is a row of the refusals frame (`core.schema.REFUSAL`).
"""

from __future__ import annotations

from collections.abc import Callable


class PierwatchError(Exception):
    """Base of all errors: one sentence for a person, and the exit code of the command.

    Parameters
    ----------
    where
        File, row, setting or service.
    expected
        What should have been there.
    came
        What was there instead.
    act
        Who must do what now.
    """

    exit_code = 1

    def __init__(self, where: str, *, expected: str, came: str, act: str = "") -> None:
        self.where, self.expected, self.came, self.act = where, expected, came, act
        super().__init__(f"{where}: expected {expected}, got {came}." + (f" {act}" if act else ""))

    def __reduce__(self) -> tuple[Callable[..., PierwatchError], tuple[object, ...]]:
        """How another process raises it again: an exception's own way knows no keywords."""
        return _again, (type(self), self.where, self.expected, self.came, self.act)


class InputError(PierwatchError):
    """Something from outside is wrong; the text names file, row and expectation."""

    exit_code = 2


class SiteError(InputError):
    """A site file is missing or wrong: whoever keeps the site must mend it."""


class RecordingError(InputError):
    """A recording cannot be read: whoever made it must mend it."""


class SettingsError(InputError):
    """A setting is misspelt or out of range: the operator must mend it."""


class DecisionError(InputError):
    """A decision cannot be taken as it is: whoever decided must mend it."""


class SetupError(PierwatchError):
    """Something that is needed is not installed or not running: the operator must act."""

    exit_code = 3


class StoreError(PierwatchError):
    """The database refused what was asked of it."""

    exit_code = 4


class StoreUnavailable(StoreError):
    """The database does not answer; the caller may wait and try again."""


class ArchiveError(PierwatchError):
    """The raw archive cannot be written: what was not yet on the disk is not kept."""

    exit_code = 6


class ArchiveFull(ArchiveError):
    """The disk is full and nothing may be dropped for new frames."""


class JudgementError(PierwatchError):
    """Pairwise judgements are malformed or too inconsistent to be used."""

    exit_code = 5


def _again(
    kind: type[PierwatchError], where: str, expected: str, came: str, act: str
) -> PierwatchError:
    return kind(where, expected=expected, came=came, act=act)
