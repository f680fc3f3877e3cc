"""What somebody made in Airbyte by hand: it is told, deleted after a confirmation, or adopted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from command_world import confirming
from day import QUICK, Day, stage_at
from grounds import Ground

from bot.demo.stage import ADAM, ANNA, BOT, MODULE, REPOSITORY

ALL_IS_WELL = "Every object in Airbyte belongs to a state."
HAND_MADE = f"{MODULE}/hand_made.tf"
MANAGED = """
resource "airbyte_connection" "hand_made" {{
  source_id      = "{source}"
  destination_id = airbyte_destination.lake.destination_id
  name           = "Hand made to lake"
  status         = "inactive"
  schedule_type  = "manual"
  sync_catalog   = jsondecode(file("${{path.module}}/../../assets/streams/shopify/_catalog.json"))
}}
"""


async def ask(day: Day, number: int, body: str, login: str = ADAM) -> tuple[str, str]:
    """Comment; the last reaction, and the answer's words."""
    github = day.stage.github
    asked = github.comment(REPOSITORY, number, body, login=login)
    given = github.world.comments[asked].reactions
    ends = ("rocket", "confused")
    await day.until(lambda: any(each.content in ends for each in given), body)
    said = [c.body for c in github.comments(REPOSITORY, number) if f":{asked} " in c.body]
    (reaction,) = [each.content for each in given if each.content in ends]
    return reaction, said[-1].partition("\n")[2] if said else ""


async def connections(day: Day) -> dict[str, dict[str, Any]]:
    """Airbyte's connections by name."""
    sent = {"workspaceId": day.stage.airbyte.workspace_id}
    listed = await day.stage.airbyte.act("connections/list", sent)
    return {item["name"]: item for item in listed["connections"]}


async def source_by_hand(day: Day) -> str:
    """The id of a new source."""
    managed = (await connections(day))["Shopify to lake"]["sourceId"]
    alike = await day.stage.airbyte.act("sources/get", {"sourceId": managed})
    kept = ("workspaceId", "sourceDefinitionId", "connectionConfiguration")
    sent = {"name": "Hand made", **{key: alike[key] for key in kept}}
    return str((await day.stage.airbyte.act("sources/create", sent))["sourceId"])


async def connection_by_hand(day: Day, name: str, source: str = "") -> str:
    """The id of a new connection from a source, from Shopify's where none is given."""
    alike = (await connections(day))["Shopify to lake"]
    kept = ("sourceId", "destinationId", "syncCatalog")
    sent = {"name": name, "status": "inactive", **{key: alike[key] for key in kept}}
    sent |= {"sourceId": source} if source else {}
    return str((await day.stage.airbyte.act("connections/create", sent))["connectionId"])


async def test_orphans_are_told_at_once_and_deleted_once_an_admin_confirms(
    tmp_path: Path, on: Ground
) -> None:
    async with stage_at(tmp_path, on=on) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        issue = stage.github.open_issue(REPOSITORY, "Airbyte", login=ADAM)
        assert await ask(day, issue, "/lotus orphans") == ("rocket", ALL_IS_WELL)
        source = await source_by_hand(day)
        _, told = await ask(day, issue, "/lotus orphans")
        assert f"| source | `{source}` | Hand made |" in told
        connection = await connection_by_hand(day, "Hand made to lake", source)
        _, told = await ask(day, issue, "/lotus orphans")
        assert told.index(f"| connection | `{connection}`") < told.index(f"| source | `{source}`")
        reaction, refused = await ask(day, issue, f"/lotus orphans delete {source}")
        assert (reaction, connection in refused) == ("confused", True), "it would go as well"
        _, asked = await ask(day, issue, f"/lotus orphans delete {source} {connection}")
        assert asked.index(f"connection **Hand made to lake**, `{connection}`") < asked.index(
            f"source **Hand made**, `{source}`"
        )
        assert (await ask(day, issue, confirming(asked), login=ANNA))[0] == "confused"
        assert "Hand made" in await stage.sources()
        reaction, told = await ask(day, issue, confirming(asked))
        assert (reaction, told.startswith("Deleted from Airbyte")) == ("rocket", True)
        assert await stage.sources() == ["Klaviyo", "Shopify"]
        assert sorted(await connections(day)) == ["Klaviyo to lake", "Shopify to lake"]
        assert await ask(day, issue, "/lotus orphans") == ("rocket", ALL_IS_WELL)


async def test_what_stopped_being_an_orphan_after_the_question_is_left_alone(
    tmp_path: Path, on: Ground
) -> None:
    async with stage_at(tmp_path, on=on) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        issue = stage.github.open_issue(REPOSITORY, "Airbyte", login=ADAM)
        source, other = await source_by_hand(day), await connection_by_hand(day, "By hand")
        _, asked = await ask(day, issue, f"/lotus orphans delete {other} {source}")
        day.push({HAND_MADE: MANAGED.format(source=source).encode()})
        await day.until(day.at_rest, "code uses the source")
        reaction, refused = await ask(day, issue, confirming(asked))
        assert (reaction, refused.startswith("Nothing was deleted")) == ("confused", True)
        assert f"`{source}` is no orphan: the state of" in refused
        assert await stage.sources() == ["Hand made", "Klaviyo", "Shopify"]
        assert "By hand" in await connections(day), "not one of what was named"


async def test_an_orphan_is_adopted_by_a_pull_request_that_imports_it(
    tmp_path: Path, on: Ground
) -> None:
    async with stage_at(tmp_path, on=on) as stage, stage.service(**QUICK):
        day = Day(stage)
        await day.until(day.at_rest, "the platform is applied")
        issue = stage.github.open_issue(REPOSITORY, "Airbyte", login=ANNA)
        connection = await connection_by_hand(day, "By hand")
        reaction, told = await ask(day, issue, f"/lotus orphans adopt {connection}", login=ANNA)
        assert (reaction, "`airbyte_connection.by_hand`" in told) == ("rocket", True)
        (pull,) = [p for p in stage.github.pull_requests(REPOSITORY) if p.issue.author == BOT]
        written = stage.github.file(REPOSITORY, pull.head_branch, f"{MODULE}/by_hand.tf").decode()
        assert f'  to = airbyte_connection.by_hand\n  id = "{connection}"\n' in written
        assert "source_id = airbyte_source.shopify.source_id" in written
        number = pull.issue.number
        await day.until(lambda: day.rung(number) == "predicted", "it is predicted")
        assert f"imported, id `{connection}`" in day.said(number)
        assert "0 to add" in day.said(number)
        assert "0 to destroy" in day.said(number)
