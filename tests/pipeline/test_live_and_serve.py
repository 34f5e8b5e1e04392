"""`live` and `serve` are two processes over one database: either ends and begins again alone."""

from __future__ import annotations

import signal
import subprocess

import httpx
import pytest
from commands import PIERWATCH, ROOT, environment
from living import Living, free_port, paced, speaker, stop_gently, wait_until

from store.engine import connect
from store.spool import wait_for

pytestmark = pytest.mark.postgis
PASSWORD = "four-plain-little-words"


@pytest.fixture
def sentences(night):
    path = min((night / "feeds/ais").iterdir(), key=lambda p: p.stat().st_size)
    return [line[line.rindex(b"\\") + 1 :] for line in path.read_bytes().splitlines()]


def tick(where: str) -> str | None:
    """The newest second that the screen knows; None while nobody answers."""
    try:
        answer = httpx.get(f"{where}/api/health", auth=("watch", PASSWORD), timeout=5)
    except httpx.TransportError:
        return None
    assert answer.status_code == 200, answer.text
    said: str | None = answer.json()["tick"]
    return said


def test_the_screen_and_the_service_each_end_and_begin_again_while_the_other_goes_on(
    cluster, tmp_path, sentences
):
    cluster.start()
    store = connect(cluster.url)
    assert wait_for(store, 20)
    store.close()
    port = free_port()
    where = f"http://127.0.0.1:{port}"
    settings = {"DATABASE_URL": cluster.url, "PIERWATCH_STORE__SPOOL_DIR": str(tmp_path / "spool")}
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets/password").write_text(PASSWORD + "\n")
    secrets = {"PIERWATCH_SCREEN__SECRET_DIR": str(tmp_path / "secrets")}

    def screen() -> subprocess.Popen[bytes]:
        with (tmp_path / "screen.log").open("ab") as log:
            return subprocess.Popen(
                [PIERWATCH, "serve"], stdout=log, stderr=log, cwd=ROOT,
                env=environment(PIERWATCH_SCREEN__PORT=str(port), **settings, **secrets),
            )  # fmt: skip

    def said() -> str:
        return (tmp_path / "screen.log").read_text()

    with speaker(lambda: paced(sentences, 100)) as speech:
        service = Living(tmp_path, speech, store=True, **settings)
        web = screen()
        try:
            wait_until(lambda: tick(where), "a second on the screen", said)

            web.send_signal(signal.SIGKILL)
            web.wait(10)
            assert tick(where) is None
            before = service.ticks()
            wait_until(lambda: service.ticks() >= before + 3, "seconds without a screen")
            assert service.process.poll() is None, service.log
            web = screen()
            wait_until(lambda: tick(where), "the screen again", said)

            service.end(signal.SIGKILL)
            last = tick(where)
            assert last, "the screen shows what it had"
            service.start()
            wait_until(lambda: (tick(where) or "") > last, "newer seconds on the same screen", said)
            assert web.poll() is None, said()
            assert service.end() == 0, service.log
        finally:
            stop_gently(service.process)
            stop_gently(web)
