"""Plan-only copies of Terraform objects: what marks one, and the few names that there are. Pure.

The admission policy in `manifests/admission` refuses an object with this label that could apply.
The names are fixed, since RBAC cannot grant a Secret whose name is not known beforehand; their
number is also how many copies can be at once.
"""

from __future__ import annotations

LABEL = "lotus-bot.github.io/plan-copy"
POOL = ("lotus-plan-1", "lotus-plan-2", "lotus-plan-3")
