"""What the bot needs and has not: from what was observed to findings that say how to mend it.

PURE. `bot.runtime.examination` observes, `lotus doctor` shows. One module for each outside system;
a finding names no value of a secret, only where it is.
"""

from bot.lifecycle.diagnosis.airbyte import AirbyteSeen, airbyte_findings
from bot.lifecycle.diagnosis.cluster import (
    AccessSeen,
    ClusterSeen,
    KindSeen,
    ObjectSeen,
    ReferenceSeen,
    cluster_findings,
)
from bot.lifecycle.diagnosis.finding import Finding, Level, exit_code
from bot.lifecycle.diagnosis.github import (
    AppSeen,
    Declared,
    GitHubSeen,
    HookSeen,
    InstallationSeen,
    github_findings,
)

__all__ = [
    "AccessSeen",
    "AirbyteSeen",
    "AppSeen",
    "ClusterSeen",
    "Declared",
    "Finding",
    "GitHubSeen",
    "HookSeen",
    "InstallationSeen",
    "KindSeen",
    "Level",
    "ObjectSeen",
    "ReferenceSeen",
    "airbyte_findings",
    "cluster_findings",
    "exit_code",
    "github_findings",
]
