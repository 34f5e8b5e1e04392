"""What officers decide: from the desk's process to the service, in the order in which it was said.

Numbers are given one decision at a time, so that whoever has read one has missed none before it;
they begin at the milliseconds since 1970 of the tables' making, so that a database that was made
anew counts on, and no number comes twice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from sqlalchemy import literal, literal_column, select, text
from sqlalchemy.dialects.postgresql import JSONB, distinct_on, insert

from core.decisions import checked
from core.errors import DecisionError
from store import tables
from store.session import Session, translated

CHANNEL = "decision"


class Decisions(Session):
    """The part of the store that decisions have."""

    def decide(
        self, run_id: int, kind: str, content: Mapping[str, Any], by: str, at: datetime
    ) -> int:
        """Write a decision of a live run and tell who waits for it; its number.

        Parameters
        ----------
        run_id
            The live run.
        kind, content
            As `core.decisions.checked` takes them.
        by
            The role that decided, never a person's name.
        at
            When.

        Raises
        ------
        DecisionError
            The content is not the kind's, or the run is not live.
        """
        decision, run = tables.decision, tables.run
        kept = checked(kind, dict(content))
        values = select(run.c.run_id, literal(kind), literal(kept, JSONB), literal(by), literal(at))
        live = values.where(run.c.run_id == run_id, run.c.kind == "live")
        names = ("run_id", "kind", "content", "decided_by", "decided_at")
        statement = insert(decision).from_select(names, live).returning(decision.c.decision_id)
        with self.transaction("write a decision") as connection:
            connection.execute(text("LOCK TABLE decision IN SHARE ROW EXCLUSIVE MODE"))
            number = connection.execute(statement).scalar_one_or_none()
            if number is None:
                raise DecisionError(
                    f"run {run_id}", expected="a live run to decide in", came="none such"
                )
            connection.execute(text(f"NOTIFY {CHANNEL}"))
        return int(number)

    def decisions_after(
        self, site: str, decision_id: int, limit: int = 100
    ) -> list[dict[str, Any]]:
        """The decisions of a site's live runs behind a number, in their order.

        Returns
        -------
        `decision_id`, `kind`, `content`, `decided_by`, `decided_at`.
        """
        decision, run = tables.decision, tables.run
        columns = [c for c in decision.c if c.name != "run_id"]
        query = (
            select(*columns)
            .join(run, run.c.run_id == decision.c.run_id)
            .where(run.c.site == site, run.c.kind == "live", decision.c.decision_id > decision_id)
            .order_by(decision.c.decision_id)
            .limit(limit)
        )
        with self.transaction("read decisions") as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def found_out(self, run_id: int, alert_id: str) -> dict[str, dict[str, Any]]:
        """What was said last of an alert of a run, by kind (`verdict`, `interception`): the content
        and `decided_at`."""
        decision = tables.decision
        query = (
            select(decision.c.kind, decision.c.content, decision.c.decided_at)
            .where(
                decision.c.run_id == run_id,
                decision.c.kind.in_(("verdict", "interception")),
                decision.c.content["alert_id"].astext == alert_id,
            )
            .ext(distinct_on(decision.c.kind))
            .order_by(decision.c.kind, decision.c.decision_id.desc())
        )
        with self.transaction("read what was found out") as connection:
            rows = connection.execute(query).mappings().all()
        return {row["kind"]: {**row["content"], "decided_at": row["decided_at"]} for row in rows}

    def regimes(self, site: str) -> list[dict[str, Any]]:
        """What was declared last of each kind of regime in a site's live runs: the contents."""
        decision, run = tables.decision, tables.run
        kind = decision.c.content[literal_column("'kind'")].astext  # the same in both clauses
        query = (
            select(decision.c.content)
            .join(run, run.c.run_id == decision.c.run_id)
            .where(run.c.site == site, run.c.kind == "live", decision.c.kind == "regime")
            .ext(distinct_on(kind))
            .order_by(kind, decision.c.decision_id.desc())
        )
        with self.transaction("read what was declared") as connection:
            return [dict(content) for content in connection.execute(query).scalars()]

    @contextmanager
    def told_of_decisions(self) -> Iterator[Callable[[float], bool]]:
        """A connection that hears of decisions: call it to wait so many seconds for the next.

        It is True where one was told; the first wait misses none that came after the entry.
        """
        try:
            with psycopg.connect(
                self.libpq_url, autocommit=True, application_name="pierwatch",
                connect_timeout=5, keepalives_idle=10, tcp_user_timeout=20_000,
            ) as connection:  # fmt: skip
                connection.execute(f"LISTEN {CHANNEL}")

                def wait(timeout_s: float) -> bool:
                    return any(connection.notifies(timeout=timeout_s, stop_after=1))

                yield wait
        except psycopg.Error as error:
            raise translated("hear of decisions", error) from error
