"""A release after this one, as far as the database can tell: this one's code, with tables that one more revision made.

`python -m next_release` is its command.
"""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Column, ForeignKey, Integer, String, Table

from db import migrate, tables

HEAD = ScriptDirectory.from_config(migrate.config()).get_current_head()
"""Where this release ends, and the next one goes on."""
_FOLDERS = (Path(migrate.__file__).parent / "migrations" / "versions", Path(__file__).parent / "versions")
_config = migrate.config


def take_over() -> None:
    """Makes the next release of what this process runs."""
    tables.projects.append_column(Column("season", String(32), nullable=True, default="autumn"))
    tables.assets.append_column(Column("flightHeight", Integer, nullable=False, server_default="0"))
    tables.event_log.append_column(Column("writer", String(32), nullable=True, default="next"))
    Table("Season", tables.metadata, Column("projectId", String(191), ForeignKey("Project.id"), primary_key=True))
    migrate.config = _with_one_more


def _with_one_more() -> Config:
    configuration = _config()
    configuration.set_main_option("path_separator", "newline")
    configuration.set_main_option("version_locations", "\n".join(str(folder) for folder in _FOLDERS))
    return configuration
