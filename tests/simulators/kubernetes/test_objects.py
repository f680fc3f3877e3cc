"""Writing and reading objects, held by the official client: the same on every API server."""

from __future__ import annotations

import asyncio
import base64

import pytest
from kubernetes.aio import client
from kubernetes.aio.client.exceptions import ApiException
from kubernetes_world import (
    APPLY,
    GIT_REPOSITORY,
    JSON_PATCH,
    LEASE,
    TERRAFORM,
    Place,
    Refused,
    config_map,
    git_repository,
    lease,
    secret,
    terraform,
)

READY = {"type": "Ready", "status": "True", "reason": "NoDrift", "message": "No drift"}


# Creating


async def test_a_new_object_gets_identity_version_and_generation(place: Place) -> None:
    made = await place.create(terraform("lake"))
    metadata = made["metadata"]
    assert metadata["name"] == "lake"
    assert metadata["namespace"] == place.namespace
    assert metadata["generation"] == 1
    assert len(metadata["uid"]) == 36
    assert metadata["creationTimestamp"].endswith("Z")
    assert metadata["resourceVersion"].isdigit()
    assert made["spec"] == terraform("lake")["spec"]
    assert await place.get(TERRAFORM, "lake") == made


async def test_a_generated_name_is_a_fresh_one(place: Place) -> None:
    item = terraform("")
    item["metadata"] = {"generateName": "copy-"}
    names = {(await place.create(item))["metadata"]["name"] for _ in range(3)}
    assert len(names) == 3
    assert all(name.startswith("copy-") and len(name) == 10 for name in names)


async def test_status_is_not_taken_from_a_creation(place: Place) -> None:
    made = await place.create({**terraform("lake"), "status": {"conditions": [READY]}})
    assert "status" not in made


async def test_a_taken_name_is_refused(place: Place) -> None:
    await place.create(terraform("lake"))
    async with Refused(409, "AlreadyExists"):
        await place.create(terraform("lake"))


@pytest.mark.parametrize("name", ["Lake", "la_ke", "-lake", "lake-", "x" * 254, ""])
async def test_an_invalid_name_is_refused(place: Place, name: str) -> None:
    async with Refused(422, "Invalid"):
        await place.create(terraform(name))


async def test_another_namespace_in_the_body_is_refused(place: Place) -> None:
    async with Refused(400, "BadRequest"):
        await place.create(terraform("lake", namespace="elsewhere"))


async def test_another_kind_in_the_body_is_refused(place: Place) -> None:
    async with Refused(400, "BadRequest"):
        await place.custom.create_namespaced_custom_object(
            *GIT_REPOSITORY[:2], place.namespace, GIT_REPOSITORY[2], terraform("lake")
        )


async def test_a_resource_version_at_birth_is_refused(place: Place) -> None:
    with pytest.raises(ApiException) as told:
        await place.create(terraform("lake", resourceVersion="1"))
    assert told.value.status == 500  # so it is, without a reason


async def test_a_namespace_that_is_not_there_is_refused(place: Place) -> None:
    place.namespace = "nowhere"
    async with Refused(404, "NotFound"):
        await place.create(terraform("lake"))


async def test_a_dry_run_stores_nothing(place: Place) -> None:
    made = await place.custom.create_namespaced_custom_object(
        *TERRAFORM[:2], place.namespace, TERRAFORM[2], terraform("lake"), dry_run="All"
    )
    assert made["metadata"]["uid"]
    async with Refused(404, "NotFound"):
        await place.get(TERRAFORM, "lake")


# Reading


async def test_what_is_not_there_is_told_by_kind_and_name(place: Place) -> None:
    with pytest.raises(ApiException) as told:
        await place.get(TERRAFORM, "lake")
    assert told.value.status == 404
    assert 'terraforms.infra.contrib.fluxcd.io \\"lake\\" not found' in told.value.body


async def test_a_kind_that_is_not_served_is_no_status(place: Place) -> None:
    with pytest.raises(ApiException) as told:
        await place.get(("infra.contrib.fluxcd.io", "v1alpha2", "tofus"), "lake")
    assert told.value.status == 404
    assert "404 page not found" in told.value.body


async def test_an_older_served_version_shows_the_same_object(place: Place) -> None:
    made = await place.create(terraform("lake"))
    older = await place.get(("infra.contrib.fluxcd.io", "v1alpha1", "terraforms"), "lake")
    assert older["apiVersion"] == "infra.contrib.fluxcd.io/v1alpha1"
    assert older["spec"] == made["spec"]
    assert older["metadata"]["uid"] == made["metadata"]["uid"]


async def test_a_list_is_in_the_order_of_names_and_says_its_version(place: Place) -> None:
    for name in ("c", "a", "b"):
        last = await place.create(terraform(name))
    listed = await place.list(TERRAFORM)
    assert [item["metadata"]["name"] for item in listed["items"]] == ["a", "b", "c"]
    assert listed["kind"] == "TerraformList"
    assert int(listed["metadata"]["resourceVersion"]) >= int(last["metadata"]["resourceVersion"])


async def test_pages_show_one_moment(place: Place) -> None:
    for name in "abcde":
        await place.create(terraform(name))
    first = await place.list(TERRAFORM, limit=2)
    await place.delete(TERRAFORM, "c")
    await place.create(terraform("cc"))
    second = await place.list(TERRAFORM, limit=2, _continue=first["metadata"]["continue"])
    third = await place.list(TERRAFORM, limit=2, _continue=second["metadata"]["continue"])
    pages = [
        [item["metadata"]["name"] for item in page["items"]] for page in (first, second, third)
    ]
    assert pages == [["a", "b"], ["c", "d"], ["e"]]
    assert first["metadata"]["remainingItemCount"] == 3
    assert not third["metadata"].get("continue")


async def test_nonsense_for_a_page_is_refused(place: Place) -> None:
    async with Refused(400, "BadRequest"):
        await place.list(TERRAFORM, limit=2, _continue="nonsense")


async def test_a_list_of_the_future_is_refused(place: Place) -> None:
    async with Refused(504, "Timeout"):
        await place.list(TERRAFORM, resource_version="999999999")


LABELLED = {
    "a": {"app": "lake", "tier": "raw"},
    "b": {"app": "lake"},
    "c": {"app": "pond", "tier": "clean"},
    "d": {},
}


@pytest.mark.parametrize(
    ("selector", "names"),
    [
        ("app=lake", "ab"),
        ("app==lake", "ab"),
        ("app!=lake", "cd"),
        ("app in (lake, pond)", "abc"),
        ("app notin (lake)", "cd"),
        ("tier", "ac"),
        ("!tier", "bd"),
        ("app=lake,tier=raw", "a"),
        ("app in (lake,pond),!tier", "b"),
        ("app=", ""),
    ],
)
async def test_labels_select(place: Place, selector: str, names: str) -> None:
    for name, labels in LABELLED.items():
        await place.create(terraform(name, labels=labels))
    listed = await place.list(TERRAFORM, label_selector=selector)
    assert "".join(item["metadata"]["name"] for item in listed["items"]) == names


@pytest.mark.parametrize(
    ("selector", "names"),
    [("metadata.name=a", "a"), ("metadata.name!=a", "bc"), ("metadata.namespace=x", "")],
)
async def test_fields_select(place: Place, selector: str, names: str) -> None:
    for name in "abc":
        await place.create(git_repository(name))
    listed = await place.list(GIT_REPOSITORY, field_selector=selector)
    assert "".join(item["metadata"]["name"] for item in listed["items"]) == names


@pytest.mark.parametrize(
    "options", [{"field_selector": "spec.path=x"}, {"label_selector": "a b"}], ids=str
)
async def test_a_selector_that_says_nothing_is_refused(
    place: Place, options: dict[str, str]
) -> None:
    async with Refused(400, "BadRequest"):
        await place.list(TERRAFORM, **options)


async def test_all_namespaces_are_listed_together(place: Place) -> None:
    await place.create(terraform("lake"))
    listed = await place.custom.list_cluster_custom_object(*TERRAFORM)
    places = {(i["metadata"]["namespace"], i["metadata"]["name"]) for i in listed["items"]}
    assert (place.namespace, "lake") in places


# Changing


async def test_a_generation_counts_changes_of_the_spec_only(place: Place) -> None:
    await place.create(terraform("lake"))
    annotated = await place.patch(TERRAFORM, "lake", {"metadata": {"annotations": {"a": "b"}}})
    assert annotated["metadata"]["generation"] == 1
    told = await place.patch_status(TERRAFORM, "lake", {"status": {"lastPlanAt": "now"}})
    assert told["metadata"]["generation"] == 1
    changed = await place.patch(TERRAFORM, "lake", {"spec": {"suspend": True}})
    assert changed["metadata"]["generation"] == 2


async def test_spec_and_status_are_written_apart(place: Place) -> None:
    await place.create(terraform("lake"))
    both = {"spec": {"suspend": True}, "status": {"lastPlanAt": "now"}}
    first = await place.patch(TERRAFORM, "lake", both)
    assert first["spec"]["suspend"] is True
    assert "status" not in first
    both = {"spec": {"suspend": False}, "status": {"lastPlanAt": "now"}}
    second = await place.patch_status(TERRAFORM, "lake", both)
    assert second["spec"]["suspend"] is True
    assert second["status"] == {"lastPlanAt": "now"}
    kept = await place.put(TERRAFORM, {**second, "status": {}})
    assert kept["status"] == {"lastPlanAt": "now"}


async def test_a_status_is_replaced_and_nothing_else(place: Place) -> None:
    item = await place.create(terraform("lake"))
    item["status"] = {"conditions": [READY]}
    item["metadata"]["labels"] = {"a": "b"}
    told = await place.custom.replace_namespaced_custom_object_status(
        *TERRAFORM[:2], place.namespace, TERRAFORM[2], "lake", item
    )
    assert told["status"] == {"conditions": [READY]}
    assert "labels" not in told["metadata"]


async def test_what_changes_nothing_is_no_write(place: Place) -> None:
    made = await place.create(terraform("lake", annotations={"a": "b"}))
    same = await place.patch(TERRAFORM, "lake", {"metadata": {"annotations": {"a": "b"}}})
    assert same["metadata"]["resourceVersion"] == made["metadata"]["resourceVersion"]


async def test_the_slower_of_two_writers_is_refused(place: Place) -> None:
    read = await place.create(terraform("lake"))
    await place.patch(TERRAFORM, "lake", {"spec": {"suspend": True}})
    async with Refused(409, "Conflict"):
        await place.put(TERRAFORM, {**read, "spec": {**read["spec"], "interval": "1m"}})
    version = {"resourceVersion": read["metadata"]["resourceVersion"]}
    async with Refused(409, "Conflict"):
        await place.patch(TERRAFORM, "lake", {"metadata": version, "spec": {"interval": "1m"}})


async def test_a_custom_object_is_replaced_only_by_who_read_it(place: Place) -> None:
    await place.create(terraform("lake"))
    async with Refused(422, "Invalid"):
        await place.put(TERRAFORM, terraform("lake"))


async def test_another_uid_is_another_object(place: Place) -> None:
    made = await place.create(terraform("lake"))
    made["metadata"]["uid"] = "11111111-1111-4111-8111-111111111111"
    async with Refused(409, "Conflict"):
        await place.put(TERRAFORM, made)


async def test_what_the_server_keeps_is_not_taken(place: Place) -> None:
    made = await place.create(terraform("lake"))
    wanted = {"creationTimestamp": "2001-01-01T00:00:00Z", "generation": 7}
    changed = await place.patch(TERRAFORM, "lake", {"metadata": wanted, "spec": {"suspend": True}})
    assert changed["metadata"]["creationTimestamp"] == made["metadata"]["creationTimestamp"]
    assert changed["metadata"]["generation"] == 2


async def test_a_merge_patch_removes_with_null(place: Place) -> None:
    await place.create(terraform("lake", annotations={"a": "1", "b": "2"}))
    patch = {"metadata": {"annotations": {"a": None}}, "spec": {"path": None}}
    changed = await place.patch(TERRAFORM, "lake", patch)
    assert changed["metadata"]["annotations"] == {"b": "2"}
    assert "path" not in changed["spec"]


async def test_a_json_patch_tests_and_changes(place: Place) -> None:
    await place.create(terraform("lake", finalizers=["a.example/x", "b.example/x"]))
    operations = [
        {"op": "test", "path": "/spec/interval", "value": "5m"},
        {"op": "replace", "path": "/spec/interval", "value": "1m"},
        {"op": "add", "path": "/metadata/annotations", "value": {"a/b": "1"}},
        {"op": "add", "path": "/metadata/annotations/c~1d", "value": "2"},
        {"op": "remove", "path": "/metadata/finalizers/0"},
        {"op": "copy", "from": "/spec/path", "path": "/spec/copied"},
        {"op": "move", "from": "/spec/path", "path": "/spec/moved"},
    ]
    changed = await place.patch(TERRAFORM, "lake", operations, media=JSON_PATCH)
    assert changed["spec"]["interval"] == "1m"
    assert changed["metadata"]["annotations"] == {"a/b": "1", "c/d": "2"}
    assert changed["metadata"]["finalizers"] == ["b.example/x"]
    assert (changed["spec"]["copied"], changed["spec"]["moved"]) == ("./platform", "./platform")
    assert "path" not in changed["spec"]
    failing = [{"op": "test", "path": "/spec/interval", "value": "5m"}]
    async with Refused(422, "Invalid"):
        await place.patch(TERRAFORM, "lake", failing, media=JSON_PATCH)
    await place.patch(TERRAFORM, "lake", {"metadata": {"finalizers": None}})


async def test_custom_objects_know_no_strategic_merge_patch(place: Place) -> None:
    await place.create(terraform("lake"))
    async with Refused(415, "UnsupportedMediaType"):
        media = "application/strategic-merge-patch+json"
        await place.patch(TERRAFORM, "lake", {"spec": {}}, media=media)


async def test_an_apply_creates_then_merges_and_names_its_manager(place: Place) -> None:
    first = terraform("lake")
    await place.patch(TERRAFORM, "lake", first, media=APPLY, field_manager="anna")
    made = await place.get(TERRAFORM, "lake")
    assert made["metadata"]["generation"] == 1
    second = {
        "apiVersion": first["apiVersion"],
        "kind": "Terraform",
        "metadata": {"name": "lake"},
        "spec": {"suspend": True},
    }
    both = await place.patch(TERRAFORM, "lake", second, media=APPLY, field_manager="adam")
    assert both["spec"] == {**first["spec"], "suspend": True}
    managers = {
        (entry["manager"], entry["operation"]) for entry in both["metadata"]["managedFields"]
    }
    assert managers == {("anna", "Apply"), ("adam", "Apply")}


async def test_an_apply_without_a_manager_is_refused(place: Place) -> None:
    async with Refused(422, "Invalid"):
        await place.patch(TERRAFORM, "lake", terraform("lake"), media=APPLY)


async def test_who_wrote_what_is_seen(place: Place) -> None:
    await place.create(terraform("lake"))
    await place.patch(TERRAFORM, "lake", {"spec": {"suspend": True}}, field_manager="anna")
    told = await place.patch_status(TERRAFORM, "lake", {"status": {"lastPlanAt": "now"}})
    entries = told["metadata"]["managedFields"]
    assert "anna" in {entry["manager"] for entry in entries}
    assert [entry["subresource"] for entry in entries if "subresource" in entry] == ["status"]


# Deleting


async def test_a_deletion_says_what_is_gone(place: Place) -> None:
    made = await place.create(terraform("lake"))
    told = await place.delete(TERRAFORM, "lake")
    assert told["status"] == "Success"
    assert told["details"]["uid"] == made["metadata"]["uid"]
    async with Refused(404, "NotFound"):
        await place.delete(TERRAFORM, "lake")


async def test_a_finalizer_keeps_an_object_until_it_is_taken_off(place: Place) -> None:
    await place.create(terraform("lake", finalizers=["tf.example/keep"]))
    told = await place.delete(TERRAFORM, "lake")
    assert told["metadata"]["deletionTimestamp"]
    assert told["metadata"]["deletionGracePeriodSeconds"] == 0
    assert told["metadata"]["generation"] == 2
    again = await place.delete(TERRAFORM, "lake")
    assert again["metadata"]["deletionTimestamp"] == told["metadata"]["deletionTimestamp"]
    async with Refused(422, "Invalid"):
        more = {"metadata": {"finalizers": ["tf.example/keep", "tf.example/more"]}}
        await place.patch(TERRAFORM, "lake", more)
    last = await place.patch(TERRAFORM, "lake", {"metadata": {"finalizers": None}})
    assert last["metadata"]["name"] == "lake"
    async with Refused(404, "NotFound"):
        await place.get(TERRAFORM, "lake")


async def test_a_deletion_may_insist_on_one_object(place: Place) -> None:
    made = await place.create(terraform("lake"))
    wrong = {"preconditions": {"uid": "11111111-1111-4111-8111-111111111111"}}
    async with Refused(409, "Conflict"):
        await place.delete(TERRAFORM, "lake", body=wrong)
    right = {"preconditions": {"uid": made["metadata"]["uid"]}}
    assert (await place.delete(TERRAFORM, "lake", body=right))["status"] == "Success"


async def test_a_collection_is_deleted_by_label(place: Place) -> None:
    for name, labels in LABELLED.items():
        await place.create(terraform(name, labels=labels))
    await place.custom.delete_collection_namespaced_custom_object(
        *TERRAFORM[:2], place.namespace, TERRAFORM[2], label_selector="app"
    )
    left = await place.list(TERRAFORM)
    assert [item["metadata"]["name"] for item in left["items"]] == ["d"]


# Built-in kinds


async def test_a_secret_takes_text_and_keeps_base64(place: Place) -> None:
    await place.create({"kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "b"}})
    found = await place.core.read_namespaced_secret("s", place.namespace)
    assert found.type == "Opaque"
    assert {key: base64.b64decode(value) for key, value in found.data.items()} == {"a": b"b"}
    assert found.metadata.generation is None


async def test_a_secret_is_replaced_without_a_version(place: Place) -> None:
    await place.create(secret("s", {"a": b"1"}))
    put = place.core.replace_namespaced_secret
    found = await put("s", place.namespace, secret("s", {"c": b"2"}))
    assert {key: base64.b64decode(value) for key, value in found.data.items()} == {"c": b"2"}


@pytest.mark.filterwarnings("ignore:Sending a large body:ResourceWarning")
async def test_a_secret_holds_a_mebibyte(place: Place) -> None:
    await place.create(secret("full", {"a": bytes(2**20)}))
    async with Refused(422, "Invalid"):
        await place.create(secret("over", {"a": bytes(2**20 + 1)}))


async def test_a_secret_holds_base64(place: Place) -> None:
    with pytest.raises(ApiException) as told:
        await place.create({"kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "%"}})
    assert told.value.status == 400


async def test_a_built_in_kind_merges_strategically(place: Place) -> None:
    await place.create(config_map("c", {"a": "1", "b": "2"}))
    patch = place.core.patch_namespaced_config_map
    media = "application/strategic-merge-patch+json"
    found = await patch("c", place.namespace, {"data": {"a": None, "c": "3"}}, _content_type=media)
    assert found.data == {"b": "2", "c": "3"}


async def test_a_lease_is_taken_by_comparing_versions(place: Place) -> None:
    coordination = client.CoordinationV1Api(place.api)
    await place.create(lease("lock"))
    read = await coordination.read_namespaced_lease("lock", place.namespace)
    read.spec.holder_identity = "anna"
    put = coordination.replace_namespaced_lease
    held = await put("lock", place.namespace, read)
    assert held.spec.holder_identity == "anna"
    read.spec.holder_identity = "adam"
    async with Refused(409, "Conflict"):
        await put("lock", place.namespace, read)


async def test_a_lease_is_put_where_none_was(place: Place) -> None:
    await place.put(LEASE, lease("lock", holderIdentity="anna"))
    assert (await place.get(LEASE, "lock"))["spec"]["holderIdentity"] == "anna"


async def test_events_are_found_by_what_they_are_about(place: Place) -> None:
    for name in ("lake", "pond"):
        about = {"kind": "Terraform", "name": name, "namespace": place.namespace}
        await place.create(
            {
                "kind": "Event",
                "metadata": {"generateName": "e-"},
                "involvedObject": about,
                "reason": "Applied",
                "type": "Normal",
                "message": "Applied successfully",
            }
        )
    found = await place.core.list_namespaced_event(
        place.namespace, field_selector="involvedObject.name=lake,reason=Applied"
    )
    assert [item.involved_object.name for item in found.items] == ["lake"]


async def test_a_namespace_that_ends_takes_nothing_new(place: Place) -> None:
    made = await place.core.create_namespace({"metadata": {"generateName": "ending-"}})
    assert made.status.phase == "Active"
    await place.core.delete_namespace(made.metadata.name)
    left = await place.core.read_namespace(made.metadata.name)
    assert left.status.phase == "Terminating"
    place.namespace = made.metadata.name
    async with Refused(403, "Forbidden"):
        await place.create(terraform("lake"))


async def test_many_writers_lose_nothing(place: Place) -> None:
    await place.create(terraform("lake"))
    await asyncio.gather(
        *(
            place.patch(TERRAFORM, "lake", {"metadata": {"annotations": {f"n{n}": "1"}}})
            for n in range(10)
        )
    )
    found = await place.get(TERRAFORM, "lake")
    assert set(found["metadata"]["annotations"]) == {f"n{n}" for n in range(10)}
