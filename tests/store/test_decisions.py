"""Decisions are read once each, in the order in which they were said, by whoever waits for them."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime

import pytest
from decided import CONTENTS
from living import free_port

from core.errors import DecisionError, StoreUnavailable
from store import migrate
from store.engine import Store, connect

pytestmark = pytest.mark.postgis
AT = datetime(2026, 3, 1, 17, 22, 10, tzinfo=UTC)


def live(store: Store, site: str = "sea") -> int:
    titles = (f"live {site}", "海", "Sea", "Asia/Shanghai")
    return store.open_run("live", site, site, False, *titles)


def test_what_was_decided_is_read_as_it_was_kept_and_once(store: Store):
    run_id = live(store)
    numbers = [store.decide(run_id, k, c, "desk", AT) for k, c in CONTENTS.items()]
    assert numbers == sorted(set(numbers))
    read = store.decisions_after("sea", 0)
    assert [row["decision_id"] for row in read] == numbers
    assert [row["kind"] for row in read] == list(CONTENTS)
    assert read[5]["content"] == CONTENTS["permit"]
    assert (read[0]["decided_by"], read[0]["decided_at"]) == ("desk", AT)
    assert [r["decision_id"] for r in store.decisions_after("sea", numbers[2], 2)] == numbers[3:5]
    assert store.decisions_after("sea", numbers[-1]) == []


def test_each_site_reads_its_own(store: Store):
    other = live(store, "other")
    number = store.decide(other, "weights", {"version": "1"}, "desk", AT)
    assert [row["decision_id"] for row in store.decisions_after("other", 0)] == [number]
    assert number not in {row["decision_id"] for row in store.decisions_after("sea", 0)}


def test_a_replay_and_a_run_that_is_not_there_take_no_decision(store: Store, run_id: int):
    for run in (run_id, 10_000):
        with pytest.raises(DecisionError, match="a live run"):
            store.decide(run, "weights", {"version": "1"}, "desk", AT)
    with pytest.raises(DecisionError, match="weights, version"):
        store.decide(live(store), "weights", {}, "desk", AT)


def test_who_reads_up_to_a_number_has_missed_none_before_it(store: Store):
    """Several write at once, one reads on behind the last number that it saw."""
    run_id = live(store, "crowd")
    writers = [
        threading.Thread(
            target=lambda: [
                store.decide(run_id, "weights", {"version": "1"}, "desk", AT) for _ in range(30)
            ]
        )
        for _ in range(6)
    ]
    seen: list[int] = []
    for writer in writers:
        writer.start()
    while any(w.is_alive() for w in writers):
        seen += [r["decision_id"] for r in store.decisions_after("crowd", seen[-1] if seen else 0)]
    while new := store.decisions_after("crowd", seen[-1]):
        seen += [row["decision_id"] for row in new]
    assert len(seen) == 180
    assert seen == sorted(set(seen))


def test_who_waits_is_told_at_once(store: Store):
    run_id = live(store)
    with store.told_of_decisions() as wait:
        assert wait(0.05) is False
        later = threading.Timer(
            0.2, lambda: store.decide(run_id, "weights", {"version": "1"}, "desk", AT)
        )
        later.start()
        began = time.monotonic()
        assert wait(20) is True
        assert time.monotonic() - began < 5
        later.join()


def test_a_database_made_anew_gives_no_number_twice(postgis_url: str):
    store = connect(postgis_url)
    numbers = []
    for _ in range(2):
        store.migrate()
        numbers.append(store.decide(live(store), "weights", {"version": "1"}, "desk", AT))
        with store.transaction("go back") as connection:
            migrate.downgrade(connection)
    store.close()
    assert numbers[0] < numbers[1] < 2**53


def test_a_database_that_is_away_is_said_to_be():
    store = connect(f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    with pytest.raises(StoreUnavailable), store.told_of_decisions():
        pass


def test_what_was_declared_last_of_each_kind_is_read(store: Store):
    run_id = live(store, "declaring")
    first, fog = CONTENTS["regime"], {**CONTENTS["regime"], "to": None}
    for content in (first, {**first, "kind": "gale"}, fog):
        store.decide(run_id, "regime", content, "desk", AT)
    found = store.regimes("declaring")
    assert [each["kind"] for each in found] == ["fog", "gale"]
    assert "to" not in found[0]
    assert store.regimes("elsewhere") == []
