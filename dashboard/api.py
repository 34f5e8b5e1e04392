"""The interface beside the screen: JSON and GeoJSON over HTTP, behind the same sign-in."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, Response
from sse_starlette.sse import EventSourceResponse

from core.errors import PierwatchError, StoreUnavailable
from core.times import unix_us, utc_text
from dashboard.alert_stream import alert_events, last_serial
from dashboard.alert_text import alert_text
from dashboard.beside import chain_features
from dashboard.catalogue import LANGUAGES, words
from dashboard.reading import Reading, Run, as_text, feature
from dashboard.sounding import sounding

GEOJSON = "application/geo+json"
Text = Annotated[str | None, Query()]


class BadQuestion(Exception):
    """What was asked cannot be answered; the text is the sentence, the number the status."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


def routes(reading: Reading) -> APIRouter:
    """The routes under `/api`."""
    api = APIRouter(prefix="/api")
    for part in (_alerts, _feeds, _place, _noon, _rest):  # the rest is asked last
        api.include_router(part(reading))
    return api


def _alerts(reading: Reading) -> APIRouter:
    api = APIRouter(prefix="/alerts")

    @api.get("")
    def alerts(since: Text = None) -> Response:
        """The latest revision of each alert, newest first; `since` (RFC 3339) leaves out older.

        `sounding` are those of all that may be heard (`dashboard.sounding`).
        """
        here, after = reading.run(), instant("since", since)
        every = reading.alerts(here) if here else []
        found = [
            a for a in every if after is None or datetime.fromisoformat(a["issued_at"]) > after
        ]
        heard = sounding(here, every, reading.sounds) if here else []
        return _collection([feature(alert) for alert in found], here, sounding=heard)

    @api.get("/stream")
    async def stream(
        request: Request, last_event_id: Annotated[str | None, Header()] = None
    ) -> EventSourceResponse:
        """Every revision as it is issued; resumes behind `Last-Event-ID`."""
        start = last_serial(last_event_id)
        if start is None:
            raise BadQuestion(f"Last-Event-ID: expected <run>-<serial>, got {last_event_id!r}.")
        return EventSourceResponse(alert_events(reading, start, request.is_disconnected), ping=15)

    @api.get("/{alert_id}/chain")
    def chain(alert_id: str) -> Response:
        """The landing as GeoJSON: who berthed, what saw it, what met it, each with its place."""
        here, last = _last(reading, alert_id)
        return _collection(chain_features(last), here)

    @api.get("/{alert_id}/text")
    def text(alert_id: str, lang: Text = None) -> Response:
        """The alert as a patrol reads it: plain text in Chinese, or with `lang=en` in English."""
        here, last = _last(reading, alert_id)
        said = alert_text(words(lang or LANGUAGES[0]), here, last, reading.pier_names(here))
        return Response(said + "\n", 200, media_type="text/plain; charset=utf-8")

    @api.get("/{alert_id}")
    def one(alert_id: str) -> Response:
        """Every revision of one alert, first to last."""
        here = reading.run()
        found = reading.revisions(here, alert_id) if here else []
        if not found:
            raise BadQuestion(f"alert {alert_id!r} is not in the current run.", 404)
        return _collection([feature(alert) for alert in found], here)

    return api


def _last(reading: Reading, alert_id: str) -> tuple[Run, dict[str, Any]]:
    """The run, and the last revision of one of its alerts."""
    here = reading.run()
    found = reading.revisions(here, alert_id) if here else []
    if here is None or not found:
        raise BadQuestion(f"alert {alert_id!r} is not in the current run.", 404)
    return here, found[-1]


def _feeds(reading: Reading) -> APIRouter:
    api = APIRouter(prefix="/feeds")

    @api.get("")
    def feeds() -> Response:
        """Every feed with its sources: state, last frame, lag, rate, clock, what was refused."""
        here = reading.run()
        told = reading.feed_report(here) if here else {"feeds": []}
        whole = {"run": here and here.run_id, "exercise": bool(here and here.exercise), **told}
        return Response(as_text(whole), 200, media_type="application/json")

    @api.get("/{source}/reception")
    def reception(source: str, hours: Annotated[int, Query(ge=1, le=168)] = 6) -> Response:
        """Where a station heard vessels in the last hours of the data: cells and their counts."""
        here = reading.run()
        return _collection(reading.reception(here, source, hours) if here else [], here)

    return api


def _place(reading: Reading) -> APIRouter:
    api = APIRouter()

    @api.get("/piers")
    def piers() -> Response:
        """The piers of the current run's site."""
        here = reading.run()
        return _collection(reading.piers(here) if here else [], here)

    @api.get("/coast")
    def coast() -> Response:
        """The land of the current run's site."""
        here = reading.run()
        nothing = '{"type":"FeatureCollection","features":[]}'
        return Response(reading.coast(here) if here else nothing, 200, media_type=GEOJSON)

    @api.get("/approaches")
    def approaches() -> Response:
        """Lines from boats in the dark to the piers they may reach within half an hour."""
        here = reading.run()
        return _collection(reading.approaches(here) if here else [], here)

    @api.get("/tracks/{target}")
    def tracks(
        target: str, from_: Annotated[str | None, Query(alias="from")] = None, to: Text = None
    ) -> Response:
        """A vessel's track as lines by `sensor`; `silent` ones bridge what was not heard.

        `target` may be several with commas between them: one vessel as several sensors have it.
        """
        here = reading.run()
        since, until = instant("from", from_), instant("to", to)
        try:
            found = reading.track(here, target.split(","), since, until) if here else []
            return _collection(found, here)
        except ValueError as error:
            raise BadQuestion(str(error), 403) from error

    @api.get("/vessels/{target}")
    def vessel(target: str) -> Response:
        """The vessel behind a target: its track by all it is called, one and two sigma about it."""
        here = reading.run()
        try:
            return _collection(reading.vessel(here, target) if here else [], here)
        except ValueError as error:
            raise BadQuestion(str(error), 403) from error

    return api


def _noon(reading: Reading) -> APIRouter:
    api = APIRouter()

    @api.get("/outlook")
    def outlook() -> Response:
        """Where a landing is likely in the hours of the newest night: no word of anybody."""
        here = reading.run()
        told = reading.outlook(here) if here else None
        return Response(as_text(told or {}), 200, media_type="application/json")

    @api.get("/night-report")
    def night_report(evening: date | None = None) -> Response:
        """What stood out in the night of an evening, or in the last that ended; no alert hangs
        on it."""
        here = reading.run()
        told = reading.night_report(here, evening) if here else None
        return Response(as_text(told or {}), 200, media_type="application/json")

    return api


def _rest(reading: Reading) -> APIRouter:
    api = APIRouter()

    @api.get("/health")
    def health() -> Response:
        """Whether the store answers, and what is running."""
        run = reading.run()
        told = {"store": "ok", "run": run and run.run_id, "kind": run and run.kind}
        tick = utc_text(unix_us(run.tick)) if run and run.tick else None
        return Response(as_text({**told, "tick": tick}), 200, media_type="application/json")

    @api.api_route("/{rest:path}", methods=["GET", "POST", "PUT", "PATCH", "DELETE"])
    def nothing(rest: str) -> Response:
        """Whatever else is asked is not there, and says so in JSON."""
        return JSONResponse({"error": f"/api/{rest} is not here"}, 404)

    return api


def instant(name: str, text: str | None) -> datetime | None:
    """The time of a query's parameter.

    Raises
    ------
    BadQuestion
        Where it is no RFC 3339 time with its offset.

    >>> instant("since", "2026-03-01T17:22:10Z")
    datetime.datetime(2026, 3, 1, 17, 22, 10, tzinfo=datetime.timezone.utc)
    """
    if text is None:
        return None
    try:
        # The bare + of an offset arrives as a blank.
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or len(text) < len("2026-03-01T17:22Z"):
        raise BadQuestion(
            f"{name}: expected an RFC 3339 time such as 2026-03-01T17:22:10Z, got {text[:60]!r}."
        )
    return at


def problem(_request: Request, error: Exception) -> Response:
    """Errors as JSON with the status that fits."""
    if isinstance(error, BadQuestion):
        return JSONResponse({"error": str(error)}, error.status)
    if isinstance(error, StoreUnavailable):
        return JSONResponse({"error": str(error)}, 503, {"retry-after": "5"})
    status = 500 if isinstance(error, PierwatchError) else 400
    return JSONResponse({"error": str(error)}, status)


def _collection(features: list[dict[str, object]], run: Run | None, **more: object) -> Response:
    told = {
        "type": "FeatureCollection",
        "run": run and run.run_id,
        "exercise": bool(run and run.exercise),
        **more,
    }
    return Response(as_text({**told, "features": features}), 200, media_type=GEOJSON)
