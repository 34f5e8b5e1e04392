"""A JT/T 808 platform's side of one connection, without any socket or clock.

Bytes in, steps out: what to archive, what to answer and when, whom to let in, when to cut. The
answers are in the generation of header that the terminal speaks. JT/T 808-2019, 8.1 to 8.9.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

from ingest.jt808.bodies import (
    AUTHENTICATION,
    BATCH,
    GENERAL_REPLY_DOWN,
    HEARTBEAT,
    LOCATION,
    REGISTRATION,
    REGISTRATION_REPLY,
    UNREGISTRATION,
    Authentication,
    GeneralReply,
    Registration,
    RegistrationReply,
    decode_body,
)
from ingest.jt808.frame import FrameError, Header, Message, decode, encode

MOST_UNENDED: Final = 1 << 16  # bytes that wait for the end of a frame
MOST_FRAME: Final = 2 + 2 * (1023 + 21 + 1)  # bytes: all of them escaped but the flags
MOST_ENTRIES: Final = 16  # registrations and tries before one authenticates: nobody fills disks
DONE, FAILED, WRONG, UNSUPPORTED = 0, 1, 2, 3
_GENERAL_REPLY_UP: Final = 0x0001  # an answer itself: answering it would never end
_ENTRY: Final = (REGISTRATION, AUTHENTICATION)
#: Archived: what the decoder reads. The rest may be a driver's name, voice or picture.
KEPT: Final = (*_ENTRY, HEARTBEAT, UNREGISTRATION, LOCATION, BATCH)


@dataclass(frozen=True, slots=True)
class Step:
    """What the platform does next.

    Attributes
    ----------
    keep
        The frame, with its flags, for the archive; empty where there is none.
    reply
        The frame to answer with: once `keep` is on the disk, at once where there is none.
    refused, sample
        A word, and some of the bytes, where something was refused.
    entered
        The terminal, without leading zeros, that has authenticated with this frame.
    left
        The terminal has gone: it is no longer authenticated.
    cut
        The connection is to be closed.
    """

    keep: bytes = b""
    reply: bytes = b""
    refused: str = ""
    sample: bytes = b""
    entered: str = ""
    left: bool = False
    cut: bool = False


def auth_code(key: bytes, terminal: str) -> bytes:
    """The code that a terminal gets when it registers and shows when it comes again: a MAC of its
    number, so that no list of codes must be kept.

    >>> len(auth_code(b"key", "13900000001"))
    32
    """
    return hmac.new(key, terminal.encode(), hashlib.sha256).hexdigest()[:32].encode()


class Session:
    """One connection: its bytes so far, and who is at the other end.

    `terminal` is the number that authenticated, without leading zeros; None before. `unended` is
    whether a frame has begun and not ended.
    """

    def __init__(self, key: bytes) -> None:
        self.terminal: str | None = None
        self._key = key
        self._rest = b""
        self._begun = False
        self._serial = 0
        self._entries = 0

    @property
    def unended(self) -> bool:
        """Whether bytes wait for the end of their frame."""
        return bool(self._rest)

    def feed(self, data: bytes) -> list[Step]:
        """What follows from these bytes, in order; after a cut the connection is not read on."""
        *pieces, self._rest = (self._rest + data).split(b"\x7e")
        steps = []
        for piece in pieces:
            if piece and not self._begun:
                steps.append(Step(refused="bad_frame", sample=piece))
            elif piece:
                steps.append(self._frame(b"\x7e" + piece + b"\x7e"))
            self._begun = True
        if len(self._rest) > MOST_UNENDED:
            steps.append(Step(refused="endless_frame", sample=self._rest[:64], cut=True))
            self._rest = b""
        return steps

    def _frame(self, frame: bytes) -> Step:
        if len(frame) > MOST_FRAME:
            return Step(refused="too_long", sample=frame)
        try:
            message = decode(frame)
        except FrameError as error:
            return Step(refused=error.reason, sample=frame)
        header = message.header
        if header.message_id in _ENTRY:
            return self._entry(message, frame)
        if header.terminal != self.terminal:
            return self._refused(header, "not_authenticated", FAILED, frame)
        if header.message_id == _GENERAL_REPLY_UP:
            return Step()
        if header.message_id not in KEPT:
            sample = f"0x{header.message_id:04x}".encode()
            return self._refused(header, "not_kept", UNSUPPORTED, sample)
        left = header.message_id == UNREGISTRATION
        if left:
            self.terminal = None
        return Step(keep=frame, reply=self._answer(header, DONE), left=left)

    def _entry(self, message: Message, frame: bytes) -> Step:
        if self.terminal is None:
            self._entries += 1
            if self._entries > MOST_ENTRIES:
                return Step(refused="too_many_entries", sample=frame, cut=True)
        try:
            said = decode_body(message)
            if isinstance(said, Registration):
                return self._registered(message.header, frame)
            if isinstance(said, Authentication):
                return self._authenticated(message.header, said, frame)
            raise FrameError("bad_body", expected="a whole message", came="a part of one")
        except FrameError as error:
            return self._refused(message.header, error.reason, WRONG, frame)

    def _registered(self, header: Header, frame: bytes) -> Step:
        code = auth_code(self._key, header.terminal)
        said = RegistrationReply(header.serial, DONE, code).encode()
        return Step(keep=frame, reply=self._framed(header, REGISTRATION_REPLY, said))

    def _authenticated(self, header: Header, said: Authentication, frame: bytes) -> Step:
        shown = said.code.rstrip(b"\0")  # some terminals send the code in a field of fixed width
        if not hmac.compare_digest(shown, auth_code(self._key, header.terminal)):
            return self._refused(header, "bad_code", FAILED, frame)
        self.terminal, self._entries = header.terminal, 0
        return Step(keep=frame, reply=self._answer(header, DONE), entered=header.terminal)

    def _refused(self, header: Header, reason: str, result: int, sample: bytes) -> Step:
        known = header.message_id != _GENERAL_REPLY_UP
        reply = self._answer(header, result) if known else b""
        return Step(reply=reply, refused=reason, sample=sample)

    def _answer(self, header: Header, result: int) -> bytes:
        said = GeneralReply(header.serial, header.message_id, result).encode()
        return self._framed(header, GENERAL_REPLY_DOWN, said)

    def _framed(self, to: Header, message_id: int, body: bytes) -> bytes:
        serial, self._serial = self._serial, (self._serial + 1) & 0xFFFF
        return encode(Message(Header(message_id, to.phone, serial, to.version), body))
