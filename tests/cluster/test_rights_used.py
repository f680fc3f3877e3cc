"""The bot's rights, proved on a real API server: each is used, none is lacking, none is idle.

A day in which everything happens that needs a right of its own (tests/support/full_day.py) is
played under the bot's ServiceAccount with exactly the manifests' roles, once for each overlay. Its
audit log is held against the rules; then each rule is taken away in turn, and the API server is
asked whether the day could still happen.
"""

from __future__ import annotations

import asyncio
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from audit import Asked, Grant, Log, grants, read
from full_day import SETTINGS, play
from grounds import Ground, ground, installed, until, user
from real_cluster import RealCluster

from bot.clients.errors import Forbidden
from bot.clients.kubernetes.cluster import Cluster
from bot.clients.kubernetes.connection import connected
from bot.demo.stage import NAMESPACE, TERRAFORM
from bot.model.plan_copy import POOL

pytestmark = pytest.mark.cluster

Json = dict[str, Any]
GROUNDS = {"cluster-wide": "real", "namespaced": "one namespace"}


@dataclass(frozen=True)
class Played:
    """What became of the day with the rights of an overlay."""

    overlay: str
    on: Ground
    cluster: RealCluster
    log: Log

    @property
    def roles(self) -> list[Json]:
        given = installed(self.overlay, SETTINGS)
        return [item for item in given if item["kind"] in ("Role", "ClusterRole")]

    @property
    def grants(self) -> list[Grant]:
        """Every verb that is granted."""
        return list(grants(self.roles))

    def refused(self) -> list[Asked]:
        """Which of the day's requests the API server would refuse now."""
        asked = sorted(self.log.allowed, key=str)
        return [each for each in asked if not self.cluster.may(user(self.overlay), each)]


@pytest.fixture(scope="module", params=GROUNDS)
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The day, played once with each overlay."""
    overlay = str(request.param)
    on = ground(GROUNDS[overlay], SETTINGS)
    assert isinstance(on.cluster, RealCluster)
    path = on.cluster.server.folder / "audit.log"
    since = path.stat().st_size
    asyncio.run(play(on, tmp_path_factory.mktemp("day")))
    return Played(overlay, on, on.cluster, read(path, user(overlay), since))


def test_nothing_that_the_bot_asked_for_was_refused(played: Played) -> None:
    assert played.log.refused == frozenset()


def test_whatever_was_asked_for_is_granted_by_a_rule_of_the_manifests(played: Played) -> None:
    """The log and the rules are read alike, or the next test would prove nothing."""
    held = played.grants
    assert [a for a in played.log.allowed if not any(grant.covers(a) for grant in held)] == []


def test_each_verb_of_each_rule_is_needed_without_it_something_would_be_refused(
    played: Played,
) -> None:
    held = played.grants
    idle = [str(g) for g in held if not needed(g, [o for o in held if o != g], played.log.allowed)]
    assert idle == []


def needed(grant: Grant, others: list[Grant], asked: frozenset[Asked]) -> bool:
    return any(
        grant.covers(each) and not any(other.covers(each) for other in others) for each in asked
    )


def test_with_any_one_rule_taken_away_the_api_server_refuses_something_of_the_day(
    played: Played,
) -> None:
    assert [rule for role in played.roles for rule in idle_rules(played, role)] == []


def test_a_rule_that_nothing_needs_would_be_found(played: Played) -> None:
    idle = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["list"]}
    for role in played.roles:
        assert idle_rules(played, {**role, "rules": [*role["rules"], idle]}) == [idle]


def test_the_day_could_be_played_again(played: Played) -> None:
    """All rules are back, or the two tests above would prove nothing."""
    assert played.refused() == []


def idle_rules(played: Played, role: Json) -> list[Json]:
    """Those rules of it without which the whole day is allowed. The role is put back."""
    idle = []
    for rule in role["rules"]:
        put(played, {**role, "rules": [other for other in role["rules"] if other is not rule]})
        if not played.refused():
            idle.append(rule)
    (whole,) = [each for each in played.roles if each["metadata"] == role["metadata"]]
    put(played, whole)
    return idle


def put(played: Played, role: Json) -> None:
    """Make the role be so, and wait until the API server goes by it.

    A right of no use is granted beside, under a name that was not there before: once that is
    allowed, what the role lacks is lacking.
    """
    sign = Asked("get", "lotus.test", "signs", NAMESPACE, uuid.uuid4().hex)
    rule = {"apiGroups": [sign.group], "resources": [sign.resource], "verbs": [sign.verb]}
    played.cluster.put({**role, "rules": [*role["rules"], {**rule, "resourceNames": [sign.name]}]})
    until(lambda: played.cluster.may(user(played.overlay), sign), "the role is in force")


def test_every_name_that_is_granted_is_read_but_for_parts_and_copies(played: Played) -> None:
    used = {(asked.resource, asked.name) for asked in played.log.allowed}
    idle = {
        name
        for grant in played.grants
        for name in grant.names
        if (grant.resource, name) not in used and not is_part_or_copy(name)
    }
    assert idle == set()


def is_part_or_copy(name: str) -> bool:
    """Parts of a plan or a state, of which there are only some, and what plan-only copies leave."""
    return name.startswith("tfplan-") or "-part-" in name or name in POOL


@pytest.mark.parametrize("name", ["another", "lotus-bot", f"tfstate-default-{TERRAFORM}-1"])
async def test_a_secret_that_is_not_named_is_not_read(
    played: Played, tmp_path: Path, name: str
) -> None:
    kubeconfig = played.cluster.kubeconfig(tmp_path / "k", token=played.on.token)
    async with connected(kubeconfig, None) as api:
        with pytest.raises(Forbidden):
            await Cluster(api, 30).secret(NAMESPACE, name)
