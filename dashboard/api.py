"""The interface beside the screen: JSON and GeoJSON over HTTP, behind the same sign-in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query, Request
from fastapi.responses import JSONResponse, Response
from sse_starlette.sse import EventSourceResponse

from core.errors import PierwatchError, StoreUnavailable
from dashboard.alert_stream import alert_events, last_serial
from dashboard.reading import Reading, Run, as_text, feature

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

    @api.get("/health")
    def health() -> Response:
        """Whether the store answers, and what is running."""
        run = reading.run()
        told = {"store": "ok", "run": run and run.run_id, "kind": run and run.kind}
        return Response(
            as_text({**told, "tick": _written(run.tick if run else None)}),
            200,
            media_type="application/json",
        )

    @api.get("/alerts")
    def alerts(since: Text = None) -> Response:
        """The latest revision of each alert, newest first; `since` (RFC 3339) leaves out older."""
        here = _run(reading)
        found = reading.alerts(here, instant("since", since)) if here else []
        return _collection([feature(alert) for alert in found], here)

    @api.get("/alerts/stream")
    async def stream(
        request: Request, last_event_id: Annotated[str | None, Header()] = None
    ) -> EventSourceResponse:
        """Every revision as it is issued; resumes behind `Last-Event-ID`."""
        start = last_serial(last_event_id)
        if start is None:
            raise BadQuestion(f"Last-Event-ID: expected <run>-<serial>, got {last_event_id!r}.")
        return EventSourceResponse(alert_events(reading, start, request.is_disconnected), ping=15)

    @api.get("/alerts/{alert_id}")
    def one(alert_id: str) -> Response:
        """Every revision of one alert, first to last."""
        here = _run(reading)
        found = reading.revisions(here, alert_id) if here else []
        if not found:
            raise BadQuestion(f"alert {alert_id!r} is not in the current run.", 404)
        return _collection([feature(alert) for alert in found], here)

    @api.get("/piers")
    def piers() -> Response:
        """The piers of the current run's site."""
        here = _run(reading)
        return _collection(reading.piers(here) if here else [], here)

    @api.get("/coast")
    def coast() -> Response:
        """The land of the current run's site."""
        here = _run(reading)
        nothing = '{"type":"FeatureCollection","features":[]}'
        return Response(reading.coast(here) if here else nothing, 200, media_type=GEOJSON)

    @api.get("/tracks/{target}")
    def tracks(
        target: str, from_: Annotated[str | None, Query(alias="from")] = None, to: Text = None
    ) -> Response:
        """A vessel's track as lines; `silent` ones bridge what was not heard."""
        here = _run(reading)
        since, until = instant("from", from_), instant("to", to)
        try:
            return _collection(reading.track(here, target, since, until) if here else [], here)
        except ValueError as error:
            raise BadQuestion(str(error), 403) from error

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
        at = datetime.fromisoformat(
            text.replace(" ", "+")
        )  # a bare + of an offset arrives as blank
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


def _run(reading: Reading) -> Run | None:
    return reading.run()


def _collection(features: list[dict[str, object]], run: Run | None) -> Response:
    told = {
        "type": "FeatureCollection",
        "run": run and run.run_id,
        "exercise": bool(run and run.exercise),
    }
    return Response(as_text({**told, "features": features}), 200, media_type=GEOJSON)


def _written(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
