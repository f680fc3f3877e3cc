"""Server-side apply: fields have owners, on every API server."""

from __future__ import annotations

import base64
from typing import Any

from kubernetes_world import APPLY, TERRAFORM, Place, Refused, config_map, terraform


async def apply(place: Place, manager: str, data: dict[str, str], **options: Any) -> dict[str, str]:
    """A ConfigMap's data after this apply."""
    await place.core.patch_namespaced_config_map(
        "c",
        place.namespace,
        config_map("c", data),
        field_manager=manager,
        _content_type=APPLY,
        **options,
    )
    found = await place.core.read_namespaced_config_map("c", place.namespace)
    return found.data


async def test_what_is_applied_no_more_goes(place: Place) -> None:
    await apply(place, "anna", {"a": "1", "b": "1"})
    assert await apply(place, "anna", {"b": "2"}) == {"b": "2"}


async def test_what_others_have_too_stays(place: Place) -> None:
    await apply(place, "anna", {"a": "1", "b": "1"})
    await apply(place, "adam", {"a": "1", "c": "1"})
    assert await apply(place, "anna", {"b": "1"}) == {"a": "1", "b": "1", "c": "1"}
    assert await apply(place, "adam", {}) == {"b": "1"}


async def test_a_field_of_somebody_else_is_a_conflict_unless_forced(place: Place) -> None:
    await apply(place, "anna", {"a": "1"})
    async with Refused(409, "Conflict"):
        await apply(place, "adam", {"a": "2"})
    assert await apply(place, "adam", {"a": "2"}, force=True) == {"a": "2"}
    async with Refused(409, "Conflict"):
        await apply(place, "anna", {"a": "3"})


async def test_whoever_changes_a_field_by_another_way_owns_it(place: Place) -> None:
    await apply(place, "anna", {"a": "1", "b": "1"})
    await place.core.patch_namespaced_config_map(
        "c", place.namespace, {"data": {"a": "2"}}, field_manager="adam"
    )
    async with Refused(409, "Conflict"):
        await apply(place, "anna", {"a": "1"})
    assert await apply(place, "anna", {"b": "1"}) == {"a": "2", "b": "1"}


async def test_the_same_apply_again_is_no_write(place: Place) -> None:
    await place.patch(TERRAFORM, "lake", terraform("lake"), media=APPLY, field_manager="anna")
    first = await place.get(TERRAFORM, "lake")
    again = await place.patch(
        TERRAFORM, "lake", terraform("lake"), media=APPLY, field_manager="anna"
    )
    assert again == first


async def test_owned_fields_are_listed(place: Place) -> None:
    item = terraform("lake", annotations={"a/b": "1"})
    await place.patch(TERRAFORM, "lake", item, media=APPLY, field_manager="anna")
    made = await place.get(TERRAFORM, "lake")
    (entry,) = made["metadata"]["managedFields"]
    assert (entry["manager"], entry["operation"]) == ("anna", "Apply")
    assert _without_dots(entry["fieldsV1"]) == {
        "f:metadata": {"f:annotations": {"f:a/b": {}}},
        "f:spec": {
            "f:approvePlan": {},
            "f:interval": {},
            "f:path": {},
            "f:sourceRef": {"f:kind": {}, "f:name": {}},
        },
    }


async def test_a_status_is_applied_apart(place: Place) -> None:
    await place.create(terraform("lake"))
    item = {**terraform("lake"), "status": {"lastPlanAt": "x"}}
    del item["spec"]
    told = await place.custom.patch_namespaced_custom_object_status(
        *TERRAFORM[:2],
        place.namespace,
        TERRAFORM[2],
        "lake",
        item,
        field_manager="controller",
        _content_type=APPLY,
    )
    assert told["status"] == {"lastPlanAt": "x"}
    assert told["spec"] == terraform("lake")["spec"]


async def test_a_secrets_text_is_applied_as_base64(place: Place) -> None:
    item = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}}
    await place.core.patch_namespaced_secret(
        "s",
        place.namespace,
        {**item, "stringData": {"a": "b"}},
        field_manager="anna",
        _content_type=APPLY,
    )
    found = await place.core.read_namespaced_secret("s", place.namespace)
    assert found.data == {"a": base64.b64encode(b"b").decode()}


def _without_dots(tree: dict[str, Any]) -> dict[str, Any]:
    """Without the marks of a map that is owned as such."""
    return {key: _without_dots(value) for key, value in tree.items() if key != "."}
