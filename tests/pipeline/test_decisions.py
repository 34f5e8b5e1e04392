"""What the desk decides reaches archive and engine once, whenever the service or the database end;
a replay of the archive says the same."""

from __future__ import annotations

import json
import re
import signal
import threading
from datetime import UTC, datetime

import httpx
import numpy as np
import pytest
from commands import ROOT, SELDOM
from decided import CONTENTS
from example_counts import SOAK
from living import Living, paced, speaker, stop_gently, wait_until
from screen_scene import PASSWORD, in_thread

from core.settings import ArchiveSettings, ScreenSettings, Settings
from core.times import utc_text
from dashboard.app import create_app
from engine.fold import EngineState
from ingest.archive import Archive
from ingest.archive.reading import chunks
from ingest.sources.hub import Sources
from pipeline.beforehand import Listening
from pipeline.desk_feed import last_decision
from pipeline.live import Kept, Service, _Running, keep_site
from pipeline.recording import read_recording
from pipeline.replay import replay
from pipeline.saved import read_state, write_state
from pipeline.sites import make_place, read_site
from store.cluster import Cluster
from store.engine import Store, connect
from store.spool import wait_for

pytestmark = pytest.mark.postgis
SITE_FOLDER = ROOT / Settings().site
SITE = read_site(SITE_FOLDER)
PIER = SITE.piers.table["pier_id"][0]
BEGIN_S = 1_772_384_400


def permit(now_s: float, pier_id: str = PIER) -> dict[str, object]:
    times = (utc_text(int(now_s + hours * 3600) * 1_000_000) for hours in (-1, 5))
    return {
        **CONTENTS["permit"],
        "pier_id": pier_id,
        **dict(zip(("from", "to"), times, strict=True)),
    }


def live_run(store: Store) -> int:
    titles = (SITE.title_zh, SITE.title_en, SITE.timezone)
    return store.open_run("live", SITE.name, SITE.name, False, f"live {SITE.name}", *titles)


def held(folder) -> list[str]:
    """The piers of the permits in the saved state."""
    saved = read_state(folder) or {}
    state = EngineState.load(
        {k: v for k, v in saved.items() if k not in ("run.json", "segments.open")}
    )
    return state.permits["pier_id"].to_list()


def same_as_a_replay(out, archive, again, pierwatch) -> None:
    ran = pierwatch("replay", archive, "--no-store", "--out", again)
    assert ran.code == 0, ran.err
    for name in ("alerts.jsonl", "events.jsonl"):
        replayed = (again / name).read_text().replace('"exercise": true', '"exercise": false')
        assert (out / name).read_text() == replayed


@pytest.fixture
def sentences(night):
    path = min((night / "feeds/ais").iterdir(), key=lambda p: p.stat().st_size)
    return [re.sub(rb"^\\[^\\]*\\", b"", line) for line in path.read_bytes().splitlines()]


@pytest.fixture
def desk(cluster: Cluster):
    """The screen over the database that live writes to, and who is signed in."""
    cluster.start()
    store = connect(cluster.url)
    assert wait_for(store, 20)
    app = create_app(store, ScreenSettings(), password=PASSWORD, secret=bytes(32))
    where, server, thread = in_thread(app)
    with httpx.Client(base_url=where, auth=("watch", PASSWORD), timeout=30) as client:
        yield client
    server.should_exit = True
    thread.join(10)
    store.close()


def decide(client: httpx.Client, content: dict[str, object]) -> int | None:
    answer = client.post("/api/decisions", json={"kind": "permit", "content": content})
    return answer.json()["decision_id"] if answer.status_code == 201 else None


def test_permits_posted_while_live_is_killed_and_the_database_goes_are_taken_once(
    cluster, desk, tmp_path, sentences, pierwatch
):
    settings = {"DATABASE_URL": cluster.url, "PIERWATCH_STORE__SPOOL_DIR": str(tmp_path / "spool")}
    dice, numbers = np.random.default_rng(3), []
    piers = iter(SITE.piers.table["pier_id"])

    def post() -> bool:
        number = decide(desk, permit(datetime.now(UTC).timestamp(), next(piers)))
        numbers.append(number)
        return number is not None

    with speaker(lambda: paced(sentences, 100)) as speech:
        service = Living(tmp_path, speech, store=True, **settings)
        try:
            wait_until(lambda: service.ticks() >= 2, "ticks", lambda: service.log)
            wait_until(post, "the live run to decide in", lambda: service.log)
            for _ in range(10 if SOAK else 2):
                assert post()
                wait_until(lambda: len(service.archived("desk")) >= 1, "a decision in the archive")
                for _ in range(int(dice.integers(1, 4))):
                    assert post()
                service.process.kill()
                service.wait()
                assert post()  # while nobody hears it
                seconds = service.ticks()
                service.start()
                wait_until(lambda s=seconds: service.ticks() >= s + 2, "the next life")
            cluster.stop()
            seconds = service.ticks()
            wait_until(lambda: service.ticks() >= seconds + 3, "seconds without a database")
            cluster.start()
            wait_until(post, "the database again")
            made = [n for n in numbers if n is not None]
            wait_until(lambda: len(service.archived("desk")) >= len(made), "all of them")
            assert service.end(signal.SIGINT) == 0, service.log
        finally:
            stop_gently(service.process)
    lines = [json.loads(line) for line in service.archived("desk")]
    assert [line["decision_id"] for line in lines] == made
    assert {line["decided_by"] for line in lines} == {"desk"}
    assert service.summary()["said"]["decision_permit"] == len(made)
    assert sorted(held(service.folder / "state")) == sorted(n["content"]["pier_id"] for n in lines)
    same_as_a_replay(service.out, service.folder / "archive", tmp_path / "again", pierwatch)


class Desk:
    """The service in virtual time with a desk: what is left of a life is on the disk alone."""

    def __init__(self, folder, store):
        self.kept, self.out, self.said = Kept(folder / "kept"), folder / "out", []
        self.settings = SELDOM.model_copy(update={"archive": ArchiveSettings(encrypted=False)})
        self.place = make_place(SITE, self.settings, exercise=True)
        self.store, self.run_id = store, live_run(store)
        with store.transaction("forget other tests' decisions") as connection:
            connection.exec_driver_sql("DELETE FROM decision")
        self.now_s = float(BEGIN_S)
        keep_site(SITE_FOLDER, self.kept.archive / "site")

    def life(self):
        """Begin (again); `desk.take` is what the desk's thread does."""
        stop = threading.Event()
        service = Service(
            {}, self.place, SITE_FOLDER, self.kept, out=self.out, desk=self.store,
            say=self.said.append, now=lambda: self.now_s,
        )  # fmt: skip
        self.archive = Archive(
            self.kept.archive, "test", self.settings.archive, now=lambda: self.now_s
        )
        sources = Sources({}, SITE, self.out, stop)
        runner = service._begin(read_recording(self.kept.archive))
        self.running = _Running(service, sources, self.archive, runner, stop)
        self.desk = self.running._desk
        hearing = self.running._catch_up()
        assert hearing is not None
        self.hearing = Listening(hearing, self.running._clerk, runner)
        return runner

    def decide(self, kind="permit", content=None):
        at = datetime.fromtimestamp(self.now_s, UTC)
        return self.store.decide(
            self.run_id, kind, content or permit(self.now_s), "desk", at
        )  # fmt: skip

    def tick(self):
        self.now_s += 2
        self.running._take(self.hearing, int(self.now_s))

    def numbers(self):
        files = read_recording(self.kept.archive).feeds["desk"]
        lines = [t for p in files for t in b"".join(chunks(p)).splitlines() if t.startswith(b"{")]
        return [json.loads(t)["decision_id"] for t in lines]


def test_killed_between_archive_and_engine_a_decision_is_taken_once(store, tmp_path):
    desk = Desk(tmp_path, store)
    runner = desk.life()
    numbers = [desk.decide()]
    assert desk.desk.take()
    assert desk.numbers() == numbers
    assert runner.said["decision_permit"] == 0
    numbers.append(desk.decide("weights", {"version": "2"}))  # killed before the archive has it
    desk.now_s += 5
    runner = desk.life()
    assert runner.said["decision_permit"] == 1
    assert len(runner.state.permits) == 1
    assert desk.desk.take()
    assert desk.desk.take()
    desk.tick()
    assert (runner.said["decisions"], runner.said["decision_weights"]) == (2, 1)
    assert desk.numbers() == numbers
    desk.running._saving.last()
    desk.now_s += 5
    runner = desk.life()
    desk.tick()
    assert runner.said["decisions"] == 2
    assert desk.desk.take()
    assert desk.numbers() == numbers
    desk.archive.close()
    again = replay(read_recording(desk.kept.archive), desk.settings, out=tmp_path / "again")
    assert again.state.permits.equals(runner.state.permits)


def test_a_line_that_was_torn_is_written_again_whole(store, tmp_path):
    desk = Desk(tmp_path, store)
    desk.life()
    numbers = [desk.decide(), desk.decide()]
    assert desk.desk.take()
    (path,) = read_recording(desk.kept.archive).feeds["desk"]
    path.write_bytes(path.read_bytes()[:-20])
    desk.now_s += 5
    runner = desk.life()
    assert desk.desk.take()
    desk.tick()
    assert runner.said["decisions"] == 2
    assert last_decision(read_recording(desk.kept.archive)) == numbers[-1]
    assert len(read_recording(desk.kept.archive).feeds["desk"]) == 2
    desk.archive.close()


def test_a_permit_in_force_outlives_a_state_that_is_made_anew(store, tmp_path):
    """Given five days ago, before the nights from which the state is made anew."""
    desk = Desk(tmp_path, store)
    desk.life()
    ends = utc_text((BEGIN_S + 30 * 86400) * 1_000_000)
    desk.decide(content={**permit(desk.now_s), "to": ends})
    assert desk.desk.take()
    desk.tick()
    desk.now_s += 5 * 86400
    desk.tick()
    desk.running._saving.last()
    desk.archive.close()
    state = read_state(desk.kept.state)
    about = state["run.json"].replace(b'"version": "', b'"version": "another ')
    write_state(desk.kept.state, {**state, "run.json": about})
    runner = desk.life()
    assert "made anew" in " ".join(desk.said)
    assert runner.from_s > BEGIN_S + 86400
    assert len(runner.state.permits) == 1
    assert desk.desk.take()
    assert len(desk.numbers()) == 1
    desk.archive.close()


def test_what_waits_for_the_engine_is_bounded_and_none_of_it_is_lost(store, tmp_path, monkeypatch):
    monkeypatch.setattr("pipeline.clerk.MOST_DECISIONS", 3)
    desk = Desk(tmp_path, store)
    runner = desk.life()
    numbers = [desk.decide("weights", {"version": str(i)}) for i in range(8)]
    assert not desk.desk.take()
    assert desk.numbers() == numbers[:3]
    while not desk.desk.take():
        desk.tick()
    desk.tick()
    assert runner.said["decision_weights"] == 8
    assert desk.numbers() == numbers
    desk.archive.close()
