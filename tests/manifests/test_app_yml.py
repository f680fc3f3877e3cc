"""`app.yml` asks for exactly what is in use: a permission or event too many or too few fails."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from bot.clients.github.manifest import packaged
from bot.lifecycle.hints import keys_of
from bot.simulators.github.server import EVENTS, PERMISSIONS

ROOT = Path(__file__).parents[2]

# Every event of https://docs.github.com/webhooks/webhook-events-and-payloads that an App can get.
_NAMES = """
branch_protection_configuration branch_protection_rule check_run check_suite code_scanning_alert
commit_comment create custom_property custom_property_values delete dependabot_alert deploy_key
deployment deployment_protection_rule deployment_review deployment_status discussion
discussion_comment fork github_app_authorization gollum installation installation_repositories
installation_target issue_comment issues label member membership merge_group meta milestone
org_block organization package page_build personal_access_token_request ping project
project_card project_column projects_v2 projects_v2_item projects_v2_status_update public
pull_request pull_request_review pull_request_review_comment pull_request_review_thread push
registry_package release repository repository_advisory repository_dispatch repository_import
repository_ruleset repository_vulnerability_alert secret_scanning_alert
secret_scanning_alert_location security_advisory security_and_analysis sponsorship star status
sub_issues team team_add watch workflow_dispatch workflow_job workflow_run
"""
ALL_EVENTS = _NAMES.split()

# Sent to every App, and not to be subscribed to.
IMPLICIT = {"installation", "installation_repositories", "github_app_authorization", "ping"}


def _everything() -> dict[str, Any]:
    """A payload with whatever any event could be read for."""
    pull_request = {"number": 7, "head": {"sha": "a" * 40}, "base": {"ref": "main"}}
    check = {"id": 1, "head_sha": "a" * 40, "pull_requests": [pull_request]}
    return {
        "action": "created",
        "number": 7,
        "ref": "refs/heads/main",
        "after": "a" * 40,
        "repository": {"full_name": "octo/lake", "default_branch": "main"},
        "pull_request": pull_request,
        "issue": {"number": 7, "pull_request": {}},
        "comment": {"id": 1, "body": "/lotus help", "commit_id": "a" * 40},
        "check_run": check,
        "check_suite": check,
        "merge_group": {
            "head_sha": "a" * 40,
            "head_ref": "refs/heads/gh-readonly-queue/main/pr-7-b",
            "base_ref": "refs/heads/main",
            "base_sha": "b" * 40,
        },
        "installation": {"id": 1},
    }


def test_the_events_are_those_that_a_hint_is_taken_from() -> None:
    understood = {event for event in ALL_EVENTS if keys_of(event, _everything())}
    assert set(packaged().events) == understood - IMPLICIT


def test_permissions_and_events_are_those_that_the_simulated_app_gets_by_with() -> None:
    assert dict(packaged().permissions) == PERMISSIONS
    assert sorted(packaged().events) == sorted(EVENTS)


def test_the_installed_copy_is_the_repositorys() -> None:
    document = yaml.safe_load((ROOT / "app.yml").read_text())
    assert document["default_permissions"] == dict(packaged().permissions)
    assert (ROOT / "bot" / "app.yml").read_text() == (ROOT / "app.yml").read_text()


def test_without_a_webhook_the_hook_is_off_and_has_an_address_all_the_same() -> None:
    sent = packaged().as_sent("lotus", "http://127.0.0.1:1/callback", None)
    assert sent["hook_attributes"]["active"] is False
    assert sent["hook_attributes"]["url"].startswith("https://")
    with_one = packaged().as_sent(
        "lotus", "http://127.0.0.1:1/callback", "https://l.example/webhook"
    )
    assert with_one["hook_attributes"] == {"url": "https://l.example/webhook", "active": True}
