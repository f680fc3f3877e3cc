"""What drifts for ever and only a person can write otherwise: told once, where it is written. PURE.

On the commit that touched those lines last: its author is told, and every later tip finds it there.
"""

from __future__ import annotations

from bot.lifecycle import marker
from bot.lifecycle.effects import CommentOnCommit, Effect
from bot.lifecycle.marker import Signer
from bot.lifecycle.quieting import QuietingObserved
from bot.lifecycle.remedy import lines
from bot.render.markdown import code, plain

_SEVERAL = 5


def decide_by_hand(seen: QuietingObserved, signer: Signer) -> tuple[Effect, ...]:
    """Nothing where a pull request says it, or where the repository wants none of this."""
    if seen.edits or not seen.by_hand or not seen.allowed or not seen.touched:
        return ()
    parts = sorted(f"{item.address} {item.part.path}" for item in seen.by_hand)
    name = f"lotus:drift:{marker.fingerprint(f'{seen.title} {parts} {seen.also}')}"
    body = f"{marker.line(signer, name, {})}\n{_text(seen)}"
    return (CommentOnCommit(seen.repository, seen.touched, marker.start(name), body),)


def _text(seen: QuietingObserved) -> str:
    addresses = list(dict.fromkeys(item.address for item in seen.by_hand))
    names = ", ".join(code(name) for name in addresses[:_SEVERAL])
    more = f" and {len(addresses) - _SEVERAL} more" if len(addresses) > _SEVERAL else ""
    head = (
        f"**{plain(seen.title)}**: every pass of the controller updates {names}{more}, for ever, "
        "and while one of their streams has `backfill: true`, each pass resets it again. What "
        "Airbyte and the provider read back is not what is written here:"
    )
    return "\n\n".join(
        (head, "\n".join(f"- {line}" for line in lines(seen.by_hand)), _why(seen.also))
    )


def _why(also: tuple[str, ...]) -> str:
    if not also:
        return "I cannot write it otherwise for certain, so I open no pull request."
    listed = ", ".join(code(name) for name in also[:_SEVERAL])
    return f"I open no pull request, for with that form this would change as well: {listed}."
