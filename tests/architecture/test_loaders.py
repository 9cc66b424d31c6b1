"""Every loader that is declared can be made, and the other way round: they are looked up by their names."""

from __future__ import annotations

from typing import get_type_hints

from db.database import SqlDatabase
from resolvers.loaders import loader_factory
from schema.context import Loaders
from schema.lists import Lists


async def test_every_loader_has_a_maker(sqlite_database: SqlDatabase) -> None:
    loaders = loader_factory(sqlite_database)()
    assert get_type_hints(Loaders).keys() == loaders._makers.keys()
    loaders.remember()
    for name in loaders._makers:
        made = getattr(loaders, name)
        assert getattr(loaders, name) is made
        assert all(one.cache for one in ((made.pages, made.counts) if isinstance(made, Lists) else (made,))), name
