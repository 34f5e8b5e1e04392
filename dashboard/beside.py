"""What stands beside the evidence of a landing: its links, the nearest innocent reading and what
would decide, what is likely next, and what was like it before. None of it is evidence.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dash import html
from dash.development.base_component import Component

from dashboard.catalogue import Words, parsed_at
from dashboard.reading import Run
from models.landings.schema import TRUCK_PASS

Json = dict[str, Any]
#: Edges that every landing has, and that say nothing more.
PLAIN: Final = ("at", "of")


def beside(words: Words, run: Run, alert: Json, names: Mapping[str, str]) -> list[Component]:
    """The sections of the panel; none where the alert carries no explanation.

    Parameters
    ----------
    names
        Names of piers by number.
    """
    sections = [
        (words("beside.regimes"), declared(words, alert), "following"),
        (words("beside.links"), links(words, run, alert, names), "links"),
        (words("beside.reading"), reading(words, alert), "reading"),
        (words("beside.next"), following(words, run, alert, names), "following"),
        (words("beside.earlier"), before(words, run, alert, names), "following"),
    ]
    return [
        html.Section(
            [
                html.H3([html.Span(title), html.Span("", className="faint small")]),
                html.Ul([html.Li(line) for line in lines], className=sort),
            ]
        )
        for title, lines, sort in sections
        if lines
    ]


def declared(words: Words, alert: Json) -> list[str]:
    """What was declared for that time: weather, season, feast."""
    kinds = _told(alert).get("regimes") or []
    return [words.listed(words.of("regime_kind", kind) for kind in kinds)] if kinds else []


def links(words: Words, run: Run, alert: Json, names: Mapping[str, str]) -> list[str]:
    """A line for each link: what, whom, when after berthing, how probable, and what else it may
    belong to."""
    chain = _told(alert).get("chain") or {}
    nodes = chain.get("nodes") or []
    lines = []
    for edge in chain.get("edges") or []:
        if edge["kind"] in PLAIN:
            continue
        node = nodes[edge["to"]]
        parts = [
            f"{words.of('link', _kind(edge))} {_called(node['name'])}".strip(),
            _lag(words, edge.get("lag_min")),
            words("beside.probability", share=f"{edge['probability']:.0%}"),
            words.of("sensor", edge.get("sensor")) if edge.get("sensor") else "",
        ]
        others = [_other(words, run, one, names) for one in edge.get("alternatives") or []]
        if edge.get("more"):
            others.append(words("beside.more", n=edge["more"]))
        if others:
            parts.append(words("beside.or_else", others=words.listed(others)))
        lines.append(" · ".join(part for part in parts if part))
    return lines


def _kind(edge: Json) -> str:
    """What a link is called: a lorry that was read on the road did not stand there."""
    return TRUCK_PASS if edge.get("fact") == TRUCK_PASS else str(edge["kind"])


def _called(name: str) -> str:
    """A node as people call it: what a camera saw is called by the camera.

    >>> _called("camera:CD075:1773161816882000"), _called("bar:B131"), _called("radar:R2:9:43")
    ('CD075', 'B131', 'radar:R2:9:43')
    """
    kind, _, rest = name.partition(":")
    return rest.split(":")[0] if kind in ("camera", "bar", "plate") else name


def _lag(words: Words, lag_min: int | None) -> str:
    if not lag_min:
        return ""
    return words("beside.after" if lag_min > 0 else "beside.ahead", n=abs(lag_min))


def _other(words: Words, run: Run, one: Json, names: Mapping[str, str]) -> str:
    if "pier_id" in one:
        return names.get(one["pier_id"], one["pier_id"])
    at = parsed_at(one.get("since"))
    clock = f"{at.astimezone(run.zone):%H:%M}" if at else ""
    return words("beside.other_visit", at=clock)


def reading(words: Words, alert: Json) -> list[str]:
    """The nearest innocent reading, what fits it and what does not, and what would decide."""
    found = _told(alert).get("readings") or []
    if not found:
        return []
    first, join = found[0], words.listed
    lines = [
        words(
            "beside.nearest",
            reading=words.of("reading", first["code"]), share=f"{first['probability']:.0%}",
        )
    ]  # fmt: skip
    for key, group, codes in (
        ("beside.fits", "feature", first.get("fits")),
        ("beside.against", "feature", first.get("against")),
        ("beside.confirm", "check", first.get("confirm")),
        ("beside.refute", "check", first.get("refute")),
    ):
        if codes:
            lines.append(words(key, what=join(words.of(group, code) for code in codes)))
    others = [words.of("reading", one["code"]) for one in found[1:]]
    if others:
        lines.append(words("beside.others", what=join(others)))
    return lines


def following(words: Words, run: Run, alert: Json, names: Mapping[str, str]) -> list[str]:
    """What is likely next, the soonest first."""
    lines = []
    for step in _told(alert).get("next") or []:
        params = dict(step.get("params") or {})
        if "piers" in params:
            params["piers"] = [names.get(pier, pier) for pier in params["piers"]]
        lines.append(words.sentence(step["code"], params, run.zone))
    return lines


def before(words: Words, run: Run, alert: Json, names: Mapping[str, str]) -> list[str]:
    """Landings like it before, with what became of them."""
    explained = _told(alert)
    if "earlier" not in explained:
        return []
    lines = []
    for one in explained["earlier"]:
        params = {"days": one["days"], "pier": names.get(one["pier_id"], one["pier_id"])}
        if one.get("outcome"):
            params["outcome"] = one["outcome"]
        lines.append(words.sentence("earlier", params, run.zone))
    return lines or [words("beside.none_earlier")]


def chain_features(alert: Json) -> list[Json]:
    """The chain as GeoJSON: a point for each node, a line for each link between two places."""
    chain = _told(alert).get("chain") or {}
    nodes, edges = chain.get("nodes") or [], chain.get("edges") or []
    points = [
        _feature("Point", [node["lon"], node["lat"]], {"node": at, **_rest(node)})
        for at, node in enumerate(nodes)
    ]
    places = [[node["lon"], node["lat"]] for node in nodes]
    lines = [
        _feature("LineString", [places[edge["from"]], places[edge["to"]]], edge)
        for edge in edges
        if places[edge["from"]] != places[edge["to"]]
    ]
    return [*points, *lines]


def _rest(node: Json) -> Json:
    return {name: value for name, value in node.items() if name not in ("lon", "lat")}


def _feature(kind: str, coordinates: object, properties: Json) -> Json:
    geometry = {"type": kind, "coordinates": coordinates}
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _told(alert: Json) -> Json:
    return alert.get("explanation") or {}
