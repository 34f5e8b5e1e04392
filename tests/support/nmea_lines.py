"""Sentences for tests: checksums, tag blocks, payloads of random bits."""

from __future__ import annotations


def checksum(body: bytes) -> bytes:
    value = 0
    for byte in body:
        value ^= byte
    return b"%02X" % value


def sentence(body: bytes) -> bytes:
    """`body` without its first character and checksum: `AIVDM,...` or `$GPRMC,...`."""
    start, body = (b"$", body[1:]) if body.startswith(b"$") else (b"!", body)
    return start + body + b"*" + checksum(body)


def tag_block(body: bytes) -> bytes:
    return b"\\" + body + b"*" + checksum(body) + b"\\"


def armoured(bits: str) -> tuple[bytes, int]:
    """Payload characters and fill bits."""
    fill = -len(bits) % 6
    bits += "0" * fill
    values = (int(bits[at : at + 6], 2) for at in range(0, len(bits), 6))
    return bytes(value + 48 if value < 40 else value + 56 for value in values), fill


def message(bits: str, *, talker: bytes = b"AIVDM") -> bytes:
    """One sentence with these bits."""
    payload, fill = armoured(bits)
    return sentence(talker + b",1,1,,A," + payload + b",%d" % fill)


def parts(bits: str, size: int, sequence: int = 1, channel: bytes = b"A") -> list[bytes]:
    """The message in sentences of at most `size` payload characters."""
    payload, fill = armoured(bits)
    pieces = [payload[at : at + size] for at in range(0, len(payload), size)]
    return [
        sentence(
            b"AIVDM,%d,%d,%d,%s,%s,%d"
            % (len(pieces), n, sequence, channel, piece, fill if n == len(pieces) else 0)
        )
        for n, piece in enumerate(pieces, 1)
    ]
