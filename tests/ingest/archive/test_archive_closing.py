"""A closed hour says the same as the open one did, whenever the power fails while it is closed."""

from __future__ import annotations

import contextlib
import gzip

import pytest
from archives import AT_MS, HOUR_MS, ais, archive, camera, contents, files, joined, read, truck
from example_counts import examples
from hypothesis import given
from hypothesis import strategies as st

from core.errors import RecordingError
from ingest.archive import manifest
from ingest.archive.closing import Closing, packed
from ingest.archive.keys import Keys
from ingest.archive.reading import FIRST_CHUNK, chunks
from ingest.archive.sealing import CHUNK, Damaged, Opening, Sealing
from ingest.archive.verifying import verify

STEPS = ["key", "packed", "renamed", "listed", "removed"]


def filled(folder, encrypted=True, n=2000):
    """An archive whose process ended without a word: one open file; what is in it."""
    kept = archive(folder, encrypted)
    parts = kept.append([ais(b"!%d" % i) for i in range(n)], AT_MS)
    kept.sync()
    return joined(parts)


@pytest.mark.parametrize("encrypted", [True, False])
@pytest.mark.parametrize("step", STEPS)
def test_the_power_may_fail_after_every_step_of_closing(tmp_path, encrypted, step):
    if step == "key" and not encrypted:
        step = "packed"
    said = filled(tmp_path, encrypted)
    closing = Closing(tmp_path / "archive", Keys(tmp_path / "keys") if encrypted else None)
    with manifest.held(tmp_path / "archive") as chain:
        steps = closing.steps(files(tmp_path)[0], chain)
        for done in steps:
            if done == step:
                steps.close()
                break
    assert contents(tmp_path) == said  # as it stands there after the failure
    archive(tmp_path, encrypted).close()
    assert contents(tmp_path) == said
    assert verify(tmp_path / "archive") == []
    assert len(list((tmp_path / "archive/feeds/ais").iterdir())) == 1
    assert len(manifest.entries(tmp_path / "archive")) == 1


def test_a_closing_that_failed_may_be_done_otherwise_at_the_next_start(tmp_path):
    said = filled(tmp_path, encrypted=True)
    closing = Closing(tmp_path / "archive", Keys(tmp_path / "keys"))
    with manifest.held(tmp_path / "archive") as chain:
        steps = closing.steps(files(tmp_path)[0], chain)
        assert [next(steps) for _ in range(3)] == STEPS[:3]
        steps.close()
    archive(tmp_path, encrypted=False).close()
    assert contents(tmp_path) == said
    assert verify(tmp_path / "archive") == []
    assert [path.suffix for path in (tmp_path / "archive/feeds/ais").iterdir()] == [".gz"]


def test_half_a_line_of_the_manifest_was_never_said(tmp_path):
    said = filled(tmp_path)
    archive(tmp_path).close()
    path = tmp_path / "archive/manifest.jsonl"
    with path.open("ab") as file:
        file.write(b'{"what": "clo')
    kept = archive(tmp_path)
    more = kept.append([truck()], AT_MS)
    kept.close()
    assert verify(tmp_path / "archive") == []
    assert contents(tmp_path) == said | joined(more)
    assert len(path.read_bytes().splitlines()) == 2


def test_half_a_line_that_a_crash_left_is_kept_as_it_stood(tmp_path):
    filled(tmp_path)
    path = files(tmp_path)[0]
    with path.open("ab") as file:
        file.write(b"\\a:17723")
    whole = path.read_bytes()
    archive(tmp_path).close()
    assert list(contents(tmp_path).values()) == [whole]


def test_packing_without_a_key_gives_the_same_bytes_every_time(tmp_path):
    path = tmp_path / "a-20260301T172210.nmea"
    path.write_bytes(b"!x\n" * 100_000)
    for name in ("one", "two"):
        packed(path, tmp_path / name, ".nmea", None)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    assert gzip.decompress((tmp_path / "one").read_bytes()) == path.read_bytes()


def test_a_reader_finds_a_file_that_was_closed_meanwhile(tmp_path):
    said = filled(tmp_path)
    path = files(tmp_path)[0]
    archive(tmp_path).close()
    assert not path.exists()
    assert read(path) == next(iter(said.values()))


def test_the_first_piece_is_small_and_a_beginning_counts_in_the_plain_file(tmp_path):
    said = next(iter(filled(tmp_path).values()))
    archive(tmp_path).close()
    (path,) = files(tmp_path)
    pieces = list(chunks(path))
    assert b"".join(pieces) == said
    assert len(pieces[0]) <= 2 * FIRST_CHUNK < len(said) * 2
    assert b"".join(chunks(path, 12_345)) == said[12_345:]


def before_the_fault(path):
    got = b""
    with contextlib.suppress(RecordingError):
        for piece in chunks(path):
            got += piece
    return got


def test_a_cut_file_gives_what_stands_before_the_cut_and_then_says_so(tmp_path):
    said = next(iter(filled(tmp_path, n=100_000).values()))
    archive(tmp_path).close()
    (path,) = files(tmp_path)
    path.write_bytes(path.read_bytes()[: 2 * CHUNK + 1000])
    with pytest.raises(RecordingError, match=r"north-.*is not what was written"):
        list(chunks(path))
    assert len(before_the_fault(path)) > CHUNK
    assert said.startswith(before_the_fault(path))


def test_without_its_key_a_file_says_what_is_missing(tmp_path):
    filled(tmp_path)
    archive(tmp_path).close()
    (tmp_path / "keys").rename(tmp_path / "elsewhere")
    (path,) = files(tmp_path)
    with pytest.raises(RecordingError, match=r"key ais-north-20260301-.* is not in .*keys"):
        list(chunks(path))
    assert b"".join(chunks(path, keys=tmp_path / "elsewhere"))


def sealed(data):
    sealing = Sealing("k", b"k" * 32)
    return sealing.head, sealing.update(data) + sealing.finish()


def unsealed(folder, head, body):
    folder.mkdir(exist_ok=True)
    (folder / "k.key").write_text((b"k" * 32).hex())
    (folder / "sealed").write_bytes(head + body)
    with (folder / "sealed").open("rb") as file:
        return Opening(file, Keys(folder)).readall()


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_what_is_sealed_comes_out_whatever_its_length(tmp_path, size):
    data = bytes(i % 251 for i in range(size))
    assert unsealed(tmp_path, *sealed(data)) == data


def test_chunks_that_are_moved_exchanged_repeated_or_cut_off_are_found(tmp_path):
    data, step = b"".join(b"%d," % i for i in range(60_000)), CHUNK + 16
    head, body = sealed(data)
    other_head, other = sealed(data)
    pieces = [body[at : at + step] for at in range(0, len(body), step)]
    assert len(pieces) > 4
    wrong = [
        (head, b"".join([pieces[1], pieces[0], *pieces[2:]])),
        (head, b"".join(pieces[:-1])),
        (head, b"".join([*pieces, pieces[-1]])),
        (head, b"".join([pieces[0], *pieces])),
        (head, b"".join([pieces[0], other[step : 2 * step], *pieces[2:]])),
        (other_head, body),
        (head, body + b"\0"),
        (head, b""),
        (b"", body),
    ]
    for case in wrong:
        with pytest.raises(Damaged):
            unsealed(tmp_path, *case)


FRAME = st.binary(max_size=30) | st.just(b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A")
ACTION = st.one_of(
    st.tuples(st.just("ais"), FRAME, st.sampled_from(["north", "south~1", "south~2"])),
    st.tuples(st.just("truck"), FRAME, st.just("trucks")),
    st.tuples(st.just("camera"), FRAME, st.just("gate")),
    st.tuples(st.just("wait"), st.sampled_from([1, 700_000, HOUR_MS, 25 * HOUR_MS])),
    st.tuples(st.just("restart"), st.booleans()),
    st.tuples(st.just("tick")),
)
MAKE = {"ais": ais, "truck": truck, "camera": camera}


@given(actions=st.lists(ACTION, max_size=25), most_open=st.integers(1, 3))
@examples(40)
def test_what_was_appended_is_read_back_to_the_byte_through_any_closing(
    tmp_path_factory, actions, most_open
):
    folder = tmp_path_factory.mktemp("a")
    kept, at_ms, parts = archive(folder, most_open=most_open), AT_MS, []
    for what, *rest in actions:
        if what in MAKE:
            parts += kept.append([MAKE[what](*rest)], at_ms)
            kept.sync()
        elif what == "wait":
            at_ms += rest[0]
        elif what == "tick":
            kept.tick(at_ms // 1000)
        else:
            kept.close()
            kept = archive(folder, rest[0], most_open=most_open)
    kept.close()
    found = contents(folder)
    ours = {name: data for name, data in found.items() if not name.startswith("clock/")}
    assert ours == joined(parts)
    assert verify(folder / "archive") == []
