"""What an alert turned out to be, said by the desk in one click: a label for later, and no weight.

The reasons offered are the alert's own innocent readings: what was most likely comes first.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from dash import ALL, Dash, Input, Output, ctx, html, no_update
from dash.development.base_component import Component

from core.times import SECOND_US, utc_text
from dashboard.catalogue import Words, parsed_at
from dashboard.decisions import decide
from dashboard.reading import Reading, Run
from engine.labels import SAME_US
from store.engine import Store

Json = dict[str, Any]
OTHER: Final = "other"  # lawful, for a reason that is not on the list
#: What came of it where a patrol went alongside. Each opens the watch for a second wave
#: (`engine.labels`): that a boat was boarded is soon known along the coast.
BOARDED: Final = ("seized", "lawful", "not_found")
_BUTTON: Final = {"kind": ALL, "verdict": ALL, "because": ALL, "alert": ALL}


def verdict_section(
    words: Words, run: Run, alert: Json, found: Mapping[str, Json]
) -> Component | None:
    """The section of the panel; None where nothing is decided: in a replay.

    Parameters
    ----------
    found
        What was said last, by kind, as `Reading.found_out` gives it.
    """
    if run.kind != "live":
        return None
    readings = [one["code"] for one in (alert.get("explanation") or {}).get("readings") or []]
    lawful = [("lawful", code) for code in (*readings, OTHER) if code != "unknown"]
    return html.Section(
        [
            html.H3([html.Span(words("verdict.title")), html.Span("", className="faint small")]),
            *_asked(
                words, run, alert, "verdict", found.get("verdict"),
                [("confirmed", ""), *lawful, ("unknown", "")],
            ),
            *_asked(
                words, run, alert, "interception", found.get("interception"),
                [(result, "") for result in BOARDED],
            ),
        ]
    )  # fmt: skip


def _asked(
    words: Words, run: Run, alert: Json, kind: str, said: Json | None,
    offered: Sequence[tuple[str, str]],
) -> list[Component]:  # fmt: skip
    """What was said of a kind, and what may be."""
    mine = said is not None and _of_this_berthing(said, alert)
    standing = _answer(kind, said) if said and mine else None
    told = words(f"{kind}.nobody")
    if said:
        told = words(
            f"{kind}.said" if mine else f"{kind}.before",
            verdict=verdict_words(words, *_answer(kind, said)),
            at=f"{said['decided_at'].astimezone(run.zone):%m-%d %H:%M}",
        )
    buttons = [_button(words, alert, kind, each, pressed=each == standing) for each in offered]
    return [html.P(told, className="small"), html.Div(buttons, className="verdicts")]


def _answer(kind: str, said: Json) -> tuple[str, str]:
    return said["result" if kind == "interception" else "verdict"], said.get("because", "")


def _of_this_berthing(said: Json, alert: Json) -> bool:
    """Whether a verdict is about the boat that now speaks for the alert: another may have come
    alongside since (`alerts.visits`), and what was lawful of the first says nothing of it."""
    then, now = parsed_at(said.get("berth_from")), parsed_at(alert.get("berth_from"))
    return then is None or now is None or abs(then - now) <= timedelta(microseconds=SAME_US)


def _button(
    words: Words, alert: Json, kind: str, chosen: tuple[str, str], *, pressed: bool
) -> Component:
    verdict, because = chosen
    state: dict[str, Any] = {"aria-pressed": str(pressed).lower()}
    return html.Button(
        verdict_words(words, verdict, because),
        id={"kind": kind, "verdict": verdict, "because": because, "alert": alert["alert_id"]},
        className=f"verdict {verdict}",
        type="button",
        **state,
    )


def verdict_words(words: Words, verdict: str, because: str = "") -> str:
    """A verdict with its reason, in words."""
    first = words.of("verdict_word", verdict)
    if not because:
        return first
    reason = words("verdict.other") if because == OTHER else words.of("reading", because)
    return words("verdict.because", verdict=first, reason=reason)


def register_verdicts(
    app: Dash, store: Store, reading: Reading, clock: Callable[[], float]
) -> None:
    """A click on a verdict is a decision; the panel is drawn anew."""

    @app.callback(
        Output("decided", "data"),
        Input(_BUTTON, "n_clicks"),
        prevent_initial_call=True,
    )
    def decided(_clicks: list[int | None]) -> Any:
        chosen = ctx.triggered_id
        if not chosen or not ctx.triggered[0]["value"]:
            return no_update  # drawn, not clicked
        content = {"alert_id": chosen["alert"]}
        if chosen["kind"] == "interception":
            at = utc_text(int(clock()) * SECOND_US)
            content |= {"result": chosen["verdict"], "at": at}
        else:
            content |= {"verdict": chosen["verdict"]}
            content |= {"because": chosen["because"]} if chosen["because"] else {}
        return decide(store, reading, clock(), chosen["kind"], content)
