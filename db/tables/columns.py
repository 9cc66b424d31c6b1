"""What the tables have in common: naming, types, and columns that many have."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Float, ForeignKey, Integer, MetaData, String
from sqlalchemy.dialects import mysql

from db.types import UtcDateTime

metadata = MetaData(
    naming_convention={
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
        "uq": "%(table_name)s_%(column_0_N_name)s_key",
        "fk": "%(table_name)s_%(column_0_N_name)s_fkey",
        "pk": "%(table_name)s_pkey",
    }
)

# MySQL's DOUBLE reads as a Decimal cut to ten digits unless told otherwise.
Double = Float(53).with_variant(mysql.DOUBLE(asdecimal=False), "mysql", "mariadb")

# MySQL's usual collations take "Key" and "key" for the same text; two idempotency keys are the same only byte by byte.
ExactText = String(191).with_variant(mysql.VARCHAR(191, charset="utf8mb4", collation="utf8mb4_bin"), "mysql", "mariadb")


def id_column() -> Column[str]:
    """The primary key."""
    return Column("id", String(191), primary_key=True)


def reference(name: str, key: str, target: str, nullable: bool = False, ondelete: str = "CASCADE") -> Column[str]:
    """A foreign key to the `id` of the table `target`."""
    return Column(
        name, String(191), ForeignKey(f"{target}.id", ondelete=ondelete), key=key, nullable=nullable, index=False
    )


def time_column(name: str, key: str, nullable: bool = False) -> Column[Any]:
    """A time in UTC."""
    return Column(name, UtcDateTime(), key=key, nullable=nullable)


def claimable() -> tuple[Column[Any], ...]:
    """What a row needs to be claimed by workers (domain.jobs)."""
    return (
        Column("attempt", Integer, nullable=False, server_default="0"),
        Column("strikes", Integer, nullable=False, server_default="0"),
        time_column("heartbeatAt", "heartbeat_at", nullable=True),
        Column("worker", String(191), nullable=True),
    )
