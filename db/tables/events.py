"""The event log and its counters."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table

from db.tables.columns import metadata, time_column
from db.types import JsonValue

event_streams = Table(
    "EventStream",
    metadata,
    Column("stream", String(191), primary_key=True),
    Column("seq", BigInteger, nullable=False),
)

event_log = Table(
    "EventLog",
    metadata,
    Column("stream", String(191), primary_key=True),
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(64), nullable=False),
    Column("payload", JsonValue, nullable=False),
    time_column("at", "at"),
    Index(None, "at"),
)
