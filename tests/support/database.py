"""A database of its own for each test, whose `now()` is the test's clock.

The server is named by LOTUS_TEST_DATABASE_URL, or by PGHOST and its like; `scripts/postgres` starts
a throwaway one. Time in it is moved, never waited for: its search path finds our `now()` first.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from urllib.parse import quote, urlencode

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

_CLOCK = """
CREATE SCHEMA quick;
CREATE TABLE quick.clock (began timestamptz, shown timestamptz, speed float8);
CREATE FUNCTION quick.now() RETURNS timestamptz LANGUAGE sql STABLE AS
  'SELECT shown + (pg_catalog.clock_timestamp() - began) * speed FROM quick.clock';
"""
_SET = """
DELETE FROM quick.clock;
INSERT INTO quick.clock VALUES (pg_catalog.clock_timestamp(), {}, {});
"""


class Clock(Protocol):
    def now(self) -> datetime: ...


@dataclass
class Database:
    """`connection` is the test's own."""

    url: str
    name: str
    connection: psycopg.AsyncConnection
    admin: psycopg.AsyncConnection

    async def set_clock(self, shown: datetime, speed: float = 0.0) -> None:
        """What `now()` is from now on, and how fast it runs."""
        query = psycopg.sql.SQL(_SET).format(shown, speed)
        await self.connection.execute(query)

    async def cut_off(self) -> None:
        """Nobody but the test has a connection, or gets one."""
        await self.admin.execute(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS false")
        await self.admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s AND pid <> %s",
            (self.name, self.connection.info.backend_pid),
        )

    async def let_in(self) -> None:
        await self.admin.execute(f"ALTER DATABASE {self.name} ALLOW_CONNECTIONS true")


@contextlib.asynccontextmanager
async def database(clock: Clock, speed: float = 0.0) -> AsyncIterator[Database]:
    """A new one, dropped at the end, with whoever is still connected."""
    server, name = _server(), f"lotus_test_{uuid.uuid4().hex[:12]}"
    async with await psycopg.AsyncConnection.connect(server, autocommit=True) as admin:
        await admin.execute(f"CREATE DATABASE {name}")
        await admin.execute(f"ALTER DATABASE {name} SET search_path = quick, public, pg_catalog")
        url = _address(server, name)
        try:
            async with await psycopg.AsyncConnection.connect(url, autocommit=True) as own:
                await own.execute(_CLOCK)
                found = Database(url, name, own, admin)
                await found.set_clock(clock.now(), speed)
                yield found
        finally:
            await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _address(server: str, name: str) -> str:
    """A database of the server, in the form that the setting has."""
    parts = {**conninfo_to_dict(server), "dbname": name}
    return f"postgresql:///?{urlencode(parts, quote_via=quote)}"


def _server() -> str:
    url = os.environ.get("LOTUS_TEST_DATABASE_URL")
    if not url and not os.environ.get("PGHOST"):
        pytest.fail("no Postgres: run it as `scripts/postgres .venv/bin/pytest -m postgres`")
    return url or "postgresql://"
