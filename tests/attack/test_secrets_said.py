"""What the platform says in its own words may hold a credential: of now, or of before."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from github_world import REPOSITORY
from lake_service import CASE, NAME, NAMESPACE, Lake, lake

SECRET = "p4ss_w|rd`of`the*lake*\n"
CREDENTIAL = "shop_token"


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Lake]:
    async with lake(tmp_path) as made:
        yield made


def fails(here: Lake, words: str) -> None:
    """The controller says that the apply failed, in these words."""
    tip = here.github.tip(REPOSITORY, "main")
    failed = {"type": "Ready", "status": "False", "reason": "TFExecApplyFailed", "message": words}
    failed["lastTransitionTime"] = "2026-01-01T00:00:00Z"
    status = {"conditions": [failed], "lastAttemptedRevision": f"main@sha1:{tip}"}
    here.kubernetes.patch("Terraform", NAMESPACE, NAME, {"status": status})


async def test_a_failure_in_the_controllers_words_tells_no_value(here: Lake) -> None:
    here.set_variable("airbyte_password", SECRET)
    fails(here, f"Error: 401 for airbyte:{SECRET.strip()} at http://airbyte")
    said = await here.ask("/lotus status")
    assert "401 for" in said
    assert "p4ss" not in said


async def test_nor_does_it_tell_a_credential_of_before_which_the_state_holds_still(
    here: Lake,
) -> None:
    before = CASE.case["head_variables"][CREDENTIAL]
    assert before in str(here.state())
    here.set_variable(CREDENTIAL, "another-one-altogether")
    fails(here, f"Error: 401 for {before} at http://airbyte")
    said = await here.ask("/lotus status")
    assert "401 for" in said
    assert before not in said
