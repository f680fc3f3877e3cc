"""A changed credential, told of once, on the commit that is applied, before a pass acts. PURE."""

from __future__ import annotations

from bot.lifecycle import marker
from bot.lifecycle.effects import CommentOnCommit, Decision
from bot.lifecycle.marker import Signer
from bot.lifecycle.stability.secrets import SecretChange, secret_change
from bot.lifecycle.stability.tip import Tip
from bot.render.markdown import code, plain, redacted


def decide_notice(tip: Tip, signer: Signer) -> Decision:
    """A comment on the branch's tip; the same one for as long as the same resources lack it."""
    change = secret_change(tip)
    if change is None or not tip.sha:
        return Decision()
    reached = " ".join(sorted(item.address for item in change.reached))
    name = f"lotus:secret:{marker.fingerprint(f'{tip.holder} {reached}')}"
    text = redacted(
        f"**{plain(tip.title)}**: {secret_words(change)}\n\nThe next pass brings it to Airbyte; "
        "`/lotus secrets refresh`, on any issue or pull request, does so now and has it tried.",
        tip.secrets,
    )
    body = f"{marker.line(signer, name, {})}\n{text}"
    return Decision((CommentOnCommit(tip.repository, tip.sha, marker.start(name), body),))


def secret_words(change: SecretChange) -> str:
    """That a credential changed, and what reaching Airbyte costs."""
    reached = ", ".join(code(item.address) for item in change.reached)
    said = f"a value from the cluster changed since the last apply, and {reached} lacks it."
    if change.replaced:
        names = ", ".join(code(item.address) for item in change.replaced)
        said += (
            f" The next pass replaces {names}: its sync state is lost, and the next sync reads "
            "everything again."
        )
    return said
