"""The tables of the feeds: what they said of themselves, what was refused or is hard to believe.

`source` is '' where a frame names nobody.
"""

from __future__ import annotations

from typing import Final

import polars as pl
from sqlalchemy import BigInteger, Column, Double, Index, Table, Text, Uuid
from sqlalchemy.dialects.postgresql import JSONB

from core.schema import FEED_HEALTH, UTC_TIME
from models.feeds.reception import RECEIVED
from store.tables import metadata, run_column, schema_columns, time_column

#: A short message as it is kept: the columns of `ingest.decoded.MESSAGE` without its transport.
MESSAGE: Final = pl.Schema(
    {
        "source": pl.String(),
        "sender": pl.String(),
        "sent_at": UTC_TIME,
        "received_at": UTC_TIME,
        "length_bytes": pl.Int64(),
        "emergency": pl.Boolean(),
        "text": pl.String(),
    }
)

# Private correspondence: who, when, how long; the text only where it was meant for the centre.
message = Table(
    "message",
    metadata,
    run_column(),
    Column("key", Uuid, primary_key=True),  # of all its fields
    *schema_columns(MESSAGE, set(), {"received_at"}),
    Index("ix_message_received_at", "run_id", "received_at"),
)

# How often each station heard something, by cell (its south-western corner) and hour.
reception = Table(
    "reception",
    metadata,
    run_column(),
    *schema_columns(RECEIVED, {"source", "cell_lon", "cell_lat", "hour"}, {"heard"}),
)

feed_health = Table(
    "feed_health",
    metadata,
    run_column(reference=True),
    *schema_columns(FEED_HEALTH, {"feed", "source"}, {"sensor", "state", "frames"}),
)

# What the live sources say of themselves.
feed_state = Table(
    "feed_state",
    metadata,
    run_column(reference=True),
    Column("feed", Text, primary_key=True),
    Column("sensor", Text, nullable=False),
    Column("url", Text),  # without user and password
    Column("owner", Text),  # the department that answers for it
    Column("state", Text, nullable=False),
    Column("detail", Text),
    *(Column(name, BigInteger) for name in ("waiting", "lost", "peers")),
    Column("refused", JSONB, nullable=False),  # number by reason
    Column("samples", JSONB, nullable=False),  # a few texts by reason
    Column("stored_after_s", Double),  # from receipt to stored
    time_column("updated_at", null=False),
)

refusal = Table(
    "refusal",
    metadata,
    run_column(reference=True),
    Column("feed", Text, primary_key=True),  # '' where it was not told
    Column("source", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
    Column("samples", JSONB, nullable=False),  # a few texts
)

# Observations that are kept but hard to believe: how many, and the last few.
doubt = Table(
    "doubt",
    metadata,
    run_column(reference=True),
    Column("sensor", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("reason", Text, primary_key=True),
    Column("n", BigInteger, nullable=False),
    Column("samples", JSONB, nullable=False),  # target, at, detail
    Column("counted_to_s", BigInteger, nullable=False),  # the last tick that was counted
)

# What each camera and each barrier saw last.
latest_sighting = Table(
    "latest_sighting",
    metadata,
    run_column(),
    Column("sensor", Text, primary_key=True),
    Column("source", Text, primary_key=True),
    Column("key", Uuid, nullable=False),
    time_column("observed_at", null=False),
    time_column("received_at", null=False),
    Column("detail", Text, nullable=False),
)
