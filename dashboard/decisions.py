"""`POST /api/decisions`: what the signed-in desk decides goes to the store, for `live` to take.

The body must say that it is JSON: a page of another site can send a form with the password that
the browser remembers, but no such body without being asked first.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from core.decisions import checked
from core.errors import DecisionError
from dashboard.api import BadQuestion
from dashboard.reading import Reading, Run
from store.engine import Store

MOST_BYTES: Final = 8192
#: Kinds that say what became of an alert.
OF_LANDINGS: Final = ("verdict", "interception")
#: The role behind the one password; persons are not told apart.
DESK: Final = "desk"


def decisions(store: Store, reading: Reading, clock: Callable[[], float]) -> APIRouter:
    """The route; `clock` gives Unix seconds."""
    api = APIRouter(prefix="/api/decisions")

    def written(body: bytes) -> int:
        return decide(store, reading, clock(), *_read(body))

    @api.post("")
    async def asked(request: Request) -> Response:
        """Write `{"kind": …, "content": {…}}`; 201 with its number."""
        said = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if said != "application/json":
            raise BadQuestion(f"expected application/json, got {said[:60] or 'nothing'!r}.", 415)
        number = await asyncio.to_thread(written, await _body(request))
        return JSONResponse({"decision_id": number}, 201)

    return api


def decide(
    store: Store, reading: Reading, at_s: float, kind: str, content: Mapping[str, Any]
) -> int:
    """Write a decision of the desk; its number.

    Raises
    ------
    BadQuestion
        The current run is not live, or the decision is about nothing in it.
    """
    run = reading.run()
    if run is None or run.kind != "live":
        raise BadQuestion("decisions are made in a live run; the current one is none.", 409)
    _check_pier(reading, run, content)
    about = _landing(reading, run, content["alert_id"]) if kind in OF_LANDINGS else {}
    at = datetime.fromtimestamp(at_s, UTC)
    return store.decide(run.run_id, kind, {**content, **about}, DESK, at)


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise BadQuestion(f"expected a decision of at most {MOST_BYTES} bytes.", 413)
    return body


def _read(body: bytes) -> tuple[str, dict[str, Any]]:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BadQuestion(f"expected a JSON object: {str(error)[:80]}.") from error
    if not isinstance(told, dict) or not told.keys() <= {"kind", "content"}:
        raise BadQuestion("expected a JSON object of kind and content, and nothing else.")
    try:
        return str(told.get("kind")), checked(told.get("kind"), told.get("content"))
    except DecisionError as error:
        raise BadQuestion(str(error)) from error


def _landing(reading: Reading, run: Run, alert_id: str) -> dict[str, Any]:
    """Pier and berthing of an alert, so that its label can be read without it."""
    found = reading.revisions(run, alert_id)
    if not found:
        raise BadQuestion(f"alert_id: expected an alert of this run, got {alert_id!r}.")
    last = {name: found[-1].get(name) for name in ("pier_id", "berth_from")}
    return {name: value for name, value in last.items() if value is not None}


def _check_pier(reading: Reading, run: Run, content: Mapping[str, Any]) -> None:
    """A permit for a misspelt pier would be none, and nobody would know."""
    pier_id = content.get("pier_id")
    if pier_id is None:
        return
    known = {each["properties"]["pier_id"] for each in reading.piers(run)}
    if pier_id not in known:
        raise BadQuestion(f"pier_id: expected a pier of the site {run.site}, got {pier_id!r}.")
