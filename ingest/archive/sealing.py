"""AES-256-GCM over a stream, in chunks that can be neither cut off, moved nor exchanged.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) as Tink uses it: a key of the
file's own is derived with HKDF-SHA-256 from the day's key and a random salt, so that counters may
be nonces; counter and end marker are nonce and associated data, with the head of the file.

    pierwatch-aes-256-gcm-1 <key name> <salt in hex>\\n   then chunks of 64 KiB + 16 bytes of tag
"""

from __future__ import annotations

import io
import os
import re
from typing import BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ingest.archive.keys import Keys

CHUNK: Final = 1 << 16
_TAG = 16
_HEAD = re.compile(rb"pierwatch-aes-256-gcm-1 ([!-~]{1,200}) ([0-9a-f]{64})\n")
_LONGEST_HEAD = 320


class Damaged(OSError):
    """What is read is not what was sealed."""


class _Cipher:
    """Chunks of one file, by number."""

    def __init__(self, key: bytes, head: bytes) -> None:
        salt = bytes.fromhex(head.split()[2].decode())
        derived = HKDF(SHA256(), 32, salt=salt, info=b"pierwatch archive file").derive(key)
        self._cipher, self._head = AESGCM(derived), head

    def seal(self, chunk: bytes, number: int, last: bool) -> bytes:
        place = number.to_bytes(11, "big") + bytes([last])
        return self._cipher.encrypt(place, chunk, self._head + place)

    def open(self, chunk: bytes, number: int, last: bool) -> bytes:
        place = number.to_bytes(11, "big") + bytes([last])
        return self._cipher.decrypt(place, chunk, self._head + place)


class Sealing:
    """Bytes in, sealed bytes out; `head` stands before them."""

    def __init__(self, key_name: str, key: bytes) -> None:
        self.head = b"pierwatch-aes-256-gcm-1 %s %s\n" % (
            key_name.encode(), os.urandom(32).hex().encode(),
        )  # fmt: skip
        self._cipher = _Cipher(key, self.head)
        self._held = bytearray()
        self._number = 0

    def update(self, data: bytes) -> bytes:
        """What can be sealed so far: a chunk once something comes after it."""
        self._held += data
        sealed = []
        while len(self._held) > CHUNK:
            sealed.append(self._cipher.seal(bytes(self._held[:CHUNK]), self._number, False))
            del self._held[:CHUNK]
            self._number += 1
        return b"".join(sealed)

    def finish(self) -> bytes:
        """The last chunk, marked as such."""
        return self._cipher.seal(bytes(self._held), self._number, True)


class Opening(io.RawIOBase):
    """What was sealed in a file.

    Raises
    ------
    Damaged, KeyGone
        At the chunk that is not what was written, or at the beginning.
    """

    def __init__(self, file: BinaryIO, keys: Keys) -> None:
        self._file = file
        head = file.readline(_LONGEST_HEAD)
        match = _HEAD.fullmatch(head)
        if match is None:
            raise Damaged(f"no sealed file: it begins with {head[:24]!r}")
        self._cipher = _Cipher(keys.key(match[1].decode()), head)
        self._number = 0
        self._next = file.read(CHUNK + _TAG)
        self._plain = memoryview(b"")
        self._over = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        while not self._plain and not self._over:
            self._plain = memoryview(self._chunk())
        n = min(len(buffer), len(self._plain))
        buffer[:n] = self._plain[:n]
        self._plain = self._plain[n:]
        return n

    def _chunk(self) -> bytes:
        sealed, self._next = self._next, self._file.read(CHUNK + _TAG)
        self._over = not self._next
        try:
            plain = self._cipher.open(sealed, self._number, self._over)
        except (InvalidTag, ValueError) as error:
            self._next, self._over = b"", True
            raise Damaged(
                f"chunk {self._number + 1} is not what was written, or the file was cut"
            ) from error
        self._number += 1
        return plain
