"""Files that must never be committed: a state, or what the tool keeps beside it (TICKET-003). PURE.

`*.tfstate*` in whatever case and folder, with its backups and locks, and all of `.terraform/`; the
lock file of providers, `.terraform.lock.hcl`, belongs into the repository.
"""

from __future__ import annotations

from collections.abc import Iterable

_SEVERAL = 5


def state_files(paths: Iterable[str]) -> tuple[str, ...]:
    """Those of the paths that are such files."""
    return tuple(sorted(path for path in paths if _is_state(path)))


def reason(paths: tuple[str, ...]) -> str:
    """Why a check fails by them, as plain text; "" without any."""
    if not paths:
        return ""
    more = f" and {len(paths) - _SEVERAL} more" if len(paths) > _SEVERAL else ""
    return f"state files are committed: {', '.join(paths[:_SEVERAL])}{more}"


def _is_state(path: str) -> bool:
    parts = path.casefold().split("/")
    return any(".tfstate" in part or part == ".terraform" for part in parts)
