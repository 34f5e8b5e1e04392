"""Rows wait here while their source's clock is in doubt: then corrected, as they are, or refused.

Columns throughout; a loop only over the samples of the few sources whose rows are odd.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Final

import polars as pl

from core.schema import LATENESS_S, OBSERVATION, TRANSPORT, empty
from core.times import SECOND_US
from models.feeds.skew import AHEAD_S, PATIENCE_S, Clock, follow, lateness_s
from models.tracks.positions import ceil_s

#: Observations on their way through: `ahead` are those that nobody may see uncorrected,
#: `tick_s` is the tick of arrival.
ARRIVED: Final = pl.Schema(
    {**OBSERVATION, **TRANSPORT, "ahead": pl.Boolean(), "tick_s": pl.Int64()}
)
RELEASED: Final = pl.Schema({**OBSERVATION, **TRANSPORT, "tick_s": pl.Int64()})
MOST_WAITING: Final = 200_000  # rows; met by a flood only, and then cuts show
MOST_CLOCKS: Final = 20_000

_WHO: Final = ["sensor", "who"]
_OFFSET = (pl.col("observed_at") - pl.col("arrived_at")).dt.total_microseconds() * (1 / SECOND_US)
_LEAST_LATE_S = float(min(LATENESS_S.values()))
_NAMED: Final = pl.Struct({"sensor": pl.String(), "who": pl.String()})
_SKEW: Final = pl.Schema(
    {"sensor": pl.String(), "who": pl.String(), "from_s": pl.Int64(), "skew_s": pl.Float64()}
)


@dataclass(frozen=True)
class Quarantine:
    """The clocks that are not like any other, by sensor and source, and the rows that wait."""

    clocks: dict[tuple[str, str], Clock] = field(default_factory=dict)
    waiting: pl.DataFrame = field(default_factory=lambda: empty(ARRIVED))

    def dump(self) -> bytes:
        """The clocks, to be saved."""
        rows = [[*who, asdict(clock)] for who, clock in sorted(self.clocks.items())]
        return json.dumps(rows, ensure_ascii=False).encode()

    @staticmethod
    def load(data: bytes, waiting: pl.DataFrame) -> Quarantine:
        """As it was saved."""
        clocks = {}
        for sensor, who, row in json.loads(data):
            row["agreed"] = tuple(row["agreed"])
            row["dissent"] = tuple((tick, offset) for tick, offset in row["dissent"])
            clocks[(sensor, who)] = Clock(**row)
        return Quarantine(clocks, waiting)


def arrived(observations: pl.DataFrame, ahead: pl.DataFrame) -> pl.DataFrame:
    """Both frames of a batch as `ARRIVED`; a frame without lines gets null ones."""
    frames = []
    for frame, flag in ((observations, False), (ahead, True)):
        if "line" not in frame.columns:
            frame = frame.with_columns(pl.lit(None, pl.Int64).alias("line"))
        tick_s = ceil_s(pl.col("arrived_at").dt.epoch("us")).alias("tick_s")
        if len(frame) or not flag:
            marked = frame.with_columns(pl.lit(flag).alias("ahead"), tick_s)
            frames.append(marked.select(ARRIVED.names()))
    return pl.concat(frames)


def advance(
    state: Quarantine, rows: pl.DataFrame, until_s: int
) -> tuple[Quarantine, pl.DataFrame, pl.DataFrame]:
    """Take the rows of a batch that ends at tick `until_s`.

    Parameters
    ----------
    rows
        `ARRIVED`.

    Returns
    -------
    The state; the rows that pass, as `RELEASED` by tick of release (those that pass at once keep
    their order); the rows that are given up, as `ARRIVED` with the tick at which they are.
    """
    if state.waiting.is_empty() and not _suspect(rows, state):
        after = Quarantine(_kept(state.clocks, until_s), state.waiting)
        return after, rows.select(RELEASED.names()), empty(ARRIVED)
    named = rows.with_columns(
        pl.col("source").fill_null("").alias("who"), _OFFSET.alias("offset_s"), _late()
    )
    strange = _odd(named, state)
    odd = named.join(strange, on=_WHO, how="semi").sort("tick_s", maintain_order=True)
    odd = odd.with_row_index("row")
    plain = named.join(strange, on=_WHO, how="anti", maintain_order="left")
    timeline, constant, clocks = _followed(odd, state)
    begun = _believed(odd, timeline)
    fits = _agree("offset_s", "skew_s").fill_null(~pl.col("ahead"))
    unfit = begun.filter(~fits)
    merely_late = unfit.filter(~pl.col("ahead"), pl.col("offset_s") <= AHEAD_S)
    merely_late = merely_late.join(constant, on=[*_WHO, "tick_s"], how="anti")
    held = unfit.join(merely_late.select("row"), on="row", how="anti")
    waiting = pl.concat([_waits(state), held.select([*ARRIVED.names(), "who"])])
    freed, waiting = _freed(waiting, timeline)
    over = pl.col("tick_s") <= until_s - PATIENCE_S
    given_up, waiting = waiting.filter(over), waiting.filter(~over)
    given_up = given_up.with_columns(pl.col("tick_s") + PATIENCE_S)
    if len(waiting) > MOST_WAITING:
        waiting = waiting.sort("tick_s", "observed_at", "key", descending=True)
        crowd = waiting[MOST_WAITING:].with_columns(pl.lit(until_s, pl.Int64).alias("tick_s"))
        given_up, waiting = pl.concat([given_up, crowd]), waiting[:MOST_WAITING]
    late = pl.concat(
        [
            *(_corrected(frame) for frame in (begun.filter(fits), freed)),
            given_up.filter(~pl.col("ahead")).select(RELEASED.names()),
            merely_late.select(RELEASED.names()),
        ]
    ).sort("tick_s", "observed_at", "key", "line")
    after = Quarantine(
        _kept(clocks, until_s),
        waiting.select(ARRIVED.names()).sort("tick_s", "observed_at", "key", "line"),
    )
    passed = pl.concat([plain.select(RELEASED.names()), late])
    return after, passed, given_up.filter("ahead").select(ARRIVED.names())


def _suspect(rows: pl.DataFrame, state: Quarantine) -> bool:
    """Whether a row may be odd: by its offset, or of a clock that is not like any other."""
    odd = (_OFFSET > AHEAD_S) | (_OFFSET < -_LEAST_LATE_S) | pl.col("ahead")
    if state.clocks:
        odd |= pl.col("source").fill_null("").is_in([who for _, who in state.clocks])
    return bool(rows.select(odd.fill_null(False).any()).item())


def _kept(clocks: dict[tuple[str, str], Clock], until_s: int) -> dict[tuple[str, str], Clock]:
    """Those that are in use, newest first; bounded."""
    kept = {who: clock for who, clock in clocks.items() if not clock.idle(until_s)}
    newest = sorted(kept, key=lambda who: (-kept[who].since_s, who))[:MOST_CLOCKS]
    return {who: kept[who] for who in newest}


def strange(state: Quarantine, rows: pl.DataFrame) -> pl.DataFrame:
    """Sources whose rows of a batch (`ARRIVED`) do not all pass as they came, as `sensor`, `who`:
    some do not agree with a right clock, or the clock is known to be off."""
    named = rows.select(
        "sensor", pl.col("source").fill_null("").alias("who"), _OFFSET.alias("offset_s"), _late(),
        "ahead",
    )  # fmt: skip
    return _odd(named, state)


def certain(
    state: Quarantine,
    observations: pl.DataFrame,
    after_s: int,
    strange: pl.DataFrame | None = None,
) -> pl.Series:
    """Which rows `advance` will release as they are, at their tick, whatever else arrives.

    Those of the first tick after the state's that agree with a right clock, of sources whose
    clocks are not known to be off: a verdict that the tick may bring does not touch them.

    Parameters
    ----------
    state
        As of tick `after_s`.
    observations
        Not those ahead: `arriving(OBSERVATION)`.
    strange
        Where the state is older, and what came from then until `after_s` is being taken: what
        `strange` said of that. The clocks of all others will be known no better by then.
    """
    if strange is None:
        off = [who for who, clock in state.clocks.items() if clock.skew_s]
    else:
        off = list(strange.iter_rows())
    right = ~pl.struct("sensor", pl.col("source").fill_null("").alias("who")).is_in(
        pl.Series([{"sensor": sensor, "who": who} for sensor, who in off], dtype=_NAMED).implode()
    )
    next_tick = ceil_s(pl.col("arrived_at").dt.epoch("us")) == after_s + 1
    named = observations.with_columns(
        _OFFSET.alias("offset_s"), _late(), pl.lit(0.0).alias("skew_s")
    )
    fits = _agree("offset_s", "skew_s").fill_null(True)
    return named.select((next_tick & fits & right).alias("certain")).to_series()


def _late() -> pl.Expr:
    """The allowed lateness of each row's sensor."""
    names = list(LATENESS_S)
    late = pl.col("sensor").replace_strict(
        names, [lateness_s(n) for n in names], default=lateness_s(""), return_dtype=pl.Float64
    )
    return late.alias("late_s")


def _agree(offset: str, skew: str) -> pl.Expr:
    residual = pl.col(offset) - pl.col(skew)
    return (residual <= AHEAD_S) & (residual >= -pl.col("late_s"))


def _odd(named: pl.DataFrame, state: Quarantine) -> pl.DataFrame:
    """Who has rows that do not agree with a right clock, or a clock that is known to be off."""
    zero = named.with_columns(pl.lit(0.0).alias("zero"))
    found = zero.filter(~_agree("offset_s", "zero") | pl.col("ahead")).select(_WHO).unique()
    known = pl.DataFrame(list(state.clocks), schema=_WHO, orient="row") if state.clocks else None
    return found if known is None else pl.concat([found, known.cast(found.schema)]).unique()


def _followed(
    odd: pl.DataFrame, state: Quarantine
) -> tuple[pl.DataFrame, pl.DataFrame, dict[tuple[str, str], Clock]]:
    """The skews of the odd sources and the ticks from which they hold; when they look constant."""
    clocks, looks = dict(state.clocks), []
    found = [(*who, -1, clock.skew_s) for who, clock in clocks.items() if clock.skew_s]
    samples = (
        odd.filter(pl.col("offset_s").is_not_null())
        .sort(*_WHO, "tick_s", "arrived_at", "observed_at")
        .unique([*_WHO, "arrived_at"], keep="last", maintain_order=True)
        .select(*_WHO, "tick_s", "offset_s")
    )
    for (sensor, who), mine in samples.group_by(_WHO, maintain_order=True):
        before = clocks.get((str(sensor), str(who)), Clock())
        told = (mine["tick_s"].to_list(), mine["offset_s"].to_list())
        clocks[(str(sensor), str(who))], changes, ticks = follow(
            before, *told, lateness_s(str(sensor))
        )
        looks += [(str(sensor), str(who), tick_s) for tick_s in ticks]
        found += [(str(sensor), str(who), tick_s, skew_s) for tick_s, skew_s in changes]
    constant = pl.DataFrame(
        looks, schema={"sensor": pl.String, "who": pl.String, "tick_s": pl.Int64}, orient="row"
    )
    return pl.DataFrame(found, schema=_SKEW, orient="row"), constant, clocks


def _believed(odd: pl.DataFrame, timeline: pl.DataFrame) -> pl.DataFrame:
    """The rows with the skew that counts for each: the one before its tick where it agrees with
    that, else the one that holds from its tick on."""
    verdicts = timeline.sort("from_s")
    was = verdicts.rename({"skew_s": "was_s"})
    found = odd.join_asof(
        verdicts, left_on="tick_s", right_on="from_s", by=_WHO, check_sortedness=False
    ).join_asof(
        was, left_on="tick_s", right_on="from_s", by=_WHO, check_sortedness=False,
        allow_exact_matches=False, suffix="_was",
    ).with_columns(pl.col("skew_s", "was_s").fill_null(0.0))  # fmt: skip
    kept = _agree("offset_s", "was_s").fill_null(~pl.col("ahead"))
    return found.with_columns(pl.when(kept).then("was_s").otherwise("skew_s").alias("skew_s"))


def _waits(state: Quarantine) -> pl.DataFrame:
    return state.waiting.with_columns(pl.col("source").fill_null("").alias("who"))


def _freed(waiting: pl.DataFrame, timeline: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Those of the waiting that a later verdict agrees with, at its tick; and the others."""
    changes = timeline.filter(pl.col("from_s") >= 0)
    numbered = waiting.with_row_index("i").with_columns(_OFFSET.alias("offset_s"), _late())
    found = (
        numbered.join(changes, on=_WHO)
        .filter(
            pl.col("from_s") > pl.col("tick_s"),
            pl.col("from_s") <= pl.col("tick_s") + PATIENCE_S,
            _agree("offset_s", "skew_s"),
        )
        .sort("i", "from_s")
        .unique("i", keep="first", maintain_order=True)
    )
    rest = numbered.join(found.select("i"), on="i", how="anti").select(waiting.columns)
    return found.with_columns(pl.col("from_s").alias("tick_s")), rest


def _corrected(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows without their skew, which `detail` then says."""
    values = rows["skew_s"].unique().sort().to_list()
    texts = [f"{v:.1f}".removesuffix(".0") for v in values]
    said = pl.col("skew_s").replace_strict(values, texts, return_dtype=pl.String)
    taken = pl.col("detail").str.contains('"skew_s":', literal=True).fill_null(False)  # the site's
    name = pl.when(taken).then(pl.lit('"judged_skew_s":')).otherwise(pl.lit('"skew_s":'))
    open_ = pl.col("detail").fill_null("{}").str.strip_suffix("}")
    comma = pl.when(open_ == "{").then(pl.lit("")).otherwise(pl.lit(",")).alias("comma")
    moved = pl.duration(microseconds=(pl.col("skew_s") * SECOND_US).round().cast(pl.Int64))
    off = pl.col("skew_s") != 0
    told = pl.concat_str(open_, comma, name, said, pl.lit("}"))
    return rows.with_columns(
        pl.when(off).then(pl.col("observed_at") - moved).otherwise("observed_at"),
        pl.when(off).then(told).otherwise("detail").alias("detail"),
    ).select(RELEASED.names())
