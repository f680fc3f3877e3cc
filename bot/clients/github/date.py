"""What time it is at GitHub: a JWT is good or not by GitHub's clock, whatever ours says.

An edge.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import aiohttp


async def date_at(session: aiohttp.ClientSession, base_url: str) -> datetime | None:
    """The `Date` of an answer, whichever it is; None where none comes or it cannot be read."""
    try:
        async with session.head(base_url, allow_redirects=False) as answer:
            told = parsedate_to_datetime(answer.headers.get("Date", ""))
    except (aiohttp.ClientError, TimeoutError, ValueError):
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)
