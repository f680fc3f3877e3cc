"""What the API server makes of an object that is written: one object in, the one to store out.

Pure, but for new ids. It keeps for itself uid, creationTimestamp, generation and deletion, splits
spec from status, and names who wrote.
https://kubernetes.io/docs/reference/using-api/api-concepts/
"""

from __future__ import annotations

import base64
import binascii
import random
import re
import uuid
from collections.abc import Mapping
from typing import Any

from bot.simulators.kubernetes import kinds
from bot.simulators.kubernetes.kinds import Kind
from bot.simulators.kubernetes.refusals import Refusal, bad_request, conflict, invalid

Json = dict[str, Any]

_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?")
_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?")
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
_SECRET_BYTES = 2**20
_KEPT = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
)


def typed(kind: Kind, body: Any) -> Json:
    """A body as an object of the kind; raises `Refusal` 400 where it is something else."""
    if not isinstance(body, Mapping):
        raise bad_request("the body of the request is no object")
    group, _, version = str(body.get("apiVersion", "")).rpartition("/")
    if body.get("kind", kind.name) != kind.name or (
        "apiVersion" in body and (group != kind.group or version not in kind.versions)
    ):
        told = f"{body.get('apiVersion')}, Kind={body.get('kind')}"
        raise bad_request(f"the object provided is unrecognized (expected {kind.name}): {told}")
    metadata = body.get("metadata") or {}
    if not isinstance(metadata, Mapping):
        raise bad_request("metadata is no object")
    item = {**body, "apiVersion": kind.api_version(), "kind": kind.name}
    item["metadata"] = {key: value for key, value in metadata.items() if value is not None}
    return _with_data(kind, item) if kind is kinds.SECRET else item


def created(kind: Kind, namespace: str, body: Any, now: str) -> Json:
    """A new object as it begins to be; raises `Refusal` 400 and 422."""
    item = typed(kind, body)
    metadata = _placed(kind, namespace, item["metadata"])
    if metadata.get("resourceVersion"):
        # The real one answers so, without a reason.
        raise Refusal(500, "", "resourceVersion should not be set on objects to be created")
    if not metadata.get("name") and metadata.get("generateName"):
        suffix = "".join(random.choices(_ALPHABET, k=5))
        metadata["name"] = f"{metadata['generateName'][:58]}{suffix}"
    _check_name(kind, str(metadata.get("name") or ""))
    for key in (*_KEPT, "selfLink", "managedFields"):
        metadata.pop(key, None)
    metadata |= {"uid": str(uuid.uuid4()), "creationTimestamp": now}
    if kind.counted:
        metadata["generation"] = 1
    if kind.status:
        item.pop("status", None)
    return {**_begun(kind, metadata["name"], item, metadata), "metadata": metadata}


def replaced(kind: Kind, held: Json, body: Any) -> Json:
    """What a PUT, or a patch's outcome, makes of an object; status stays as it was.

    Raises `Refusal` 400, 409 and 422.
    """
    item = typed(kind, body)
    old = held["metadata"]
    _check_same(kind, old, item["metadata"])
    metadata = {**item["metadata"], "name": old["name"]}
    for key in (*_KEPT, "namespace", "generateName", "resourceVersion", "managedFields"):
        metadata.pop(key, None)
        if key in old:
            metadata[key] = old[key]
    if "deletionTimestamp" in old and set(metadata.get("finalizers") or ()) - set(
        old.get("finalizers") or ()
    ):
        why = "no new finalizers can be added if the object is being deleted"
        raise invalid(kind, old["name"], [("FieldValueForbidden", "metadata.finalizers", why)])
    if kind.status:
        item.pop("status", None)
        item |= {"status": held["status"]} if "status" in held else {}
    item["metadata"] = metadata
    if kind.counted and _desired(item) != _desired(held):
        metadata["generation"] = old["generation"] + 1
    return item


def with_status(kind: Kind, held: Json, body: Any) -> Json:
    """What a write to the status subresource makes of an object: nothing else changes."""
    item = typed(kind, body)
    _check_same(kind, held["metadata"], item["metadata"])
    kept = {key: value for key, value in held.items() if key != "status"}
    return {**kept, "status": item["status"]} if item.get("status") is not None else kept


def deleting(held: Json, now: str) -> Json:
    """An object that finalizers still keep."""
    metadata = {"deletionTimestamp": now, "deletionGracePeriodSeconds": 0, **held["metadata"]}
    if "generation" in metadata and "deletionTimestamp" not in held["metadata"]:
        metadata["generation"] += 1
    item = {**held, "metadata": metadata}
    if held["kind"] == kinds.NAMESPACE.name:
        item["status"] = {**(held.get("status") or {}), "phase": "Terminating"}
    return item


def is_kept(item: Json) -> bool:
    """Whether finalizers keep it from going."""
    if item["kind"] == kinds.NAMESPACE.name and item["spec"].get("finalizers"):
        return True
    return bool(item["metadata"].get("finalizers"))


def check_preconditions(kind: Kind, held: Json, wanted: Any) -> None:
    """DeleteOptions' preconditions; raises `Refusal` 409."""
    metadata = held["metadata"]
    for key, shown in (("uid", "UID"), ("resourceVersion", "ResourceVersion")):
        asked = wanted.get(key) if isinstance(wanted, Mapping) else None
        if asked and asked != metadata[key]:
            why = f"{shown} in precondition: {asked}, {shown} in object meta: {metadata[key]}"
            raise conflict(kind, metadata["name"], f"Precondition failed: {why}")


def check_version(kind: Kind, held: Json, body: Any, *, blind: bool) -> None:
    """The resourceVersion that was read is the one that is held; raises `Refusal` 409 and 422."""
    metadata = typed(kind, body)["metadata"]
    asked = metadata.get("resourceVersion")
    if asked and asked != held["metadata"]["resourceVersion"]:
        raise conflict(kind, held["metadata"]["name"])
    if not asked and not blind:
        why = "Invalid value: 0x0: must be specified for an update"
        name = held["metadata"]["name"]
        raise invalid(kind, name, [("FieldValueInvalid", "metadata.resourceVersion", why)])


def _desired(item: Json) -> Json:
    """What a generation counts changes of."""
    return {key: value for key, value in item.items() if key not in ("metadata", "status")}


def _placed(kind: Kind, namespace: str, metadata: Mapping[str, Any]) -> Json:
    if metadata.get("namespace", namespace) != namespace and kind.namespaced:
        raise bad_request(
            "the namespace of the provided object does not match the namespace sent on the request"
        )
    rest = {key: value for key, value in metadata.items() if key != "namespace"}
    return {**rest, "namespace": namespace} if kind.namespaced else rest


def _check_same(kind: Kind, old: Json, new: Json) -> None:
    name = new.get("name", old["name"])
    if name != old["name"]:
        raise bad_request(
            f"the name of the object ({name}) does not match the name on the URL ({old['name']})"
        )
    _placed(kind, old.get("namespace", ""), new)
    if new.get("uid", old["uid"]) != old["uid"]:
        why = f"UID in precondition: {new['uid']}, UID in object meta: {old['uid']}"
        raise conflict(kind, old["name"], f"Precondition failed: {why}")


def _check_name(kind: Kind, name: str) -> None:
    if not name:
        why = "Required value: name or generateName is required"
        raise invalid(kind, name, [("FieldValueRequired", "metadata.name", why)])
    if kind.group == kinds.ROLE.group:
        return
    pattern, longest = (_LABEL, 63) if kind is kinds.NAMESPACE else (_SUBDOMAIN, 253)
    if not pattern.fullmatch(name) or len(name) > longest or ".." in name:
        rule = (
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, "
            "'-' or '.', and must start and end with an alphanumeric character"
        )
        why = f'Invalid value: "{name}": {rule}'
        raise invalid(kind, name, [("FieldValueInvalid", "metadata.name", why)])


def _begun(kind: Kind, name: str, item: Json, metadata: Json) -> Json:
    """What the API server adds to a new object of a built-in kind."""
    if kind is kinds.NAMESPACE:
        metadata["labels"] = {**(metadata.get("labels") or {}), "kubernetes.io/metadata.name": name}
        return {**item, "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}}
    if kind is kinds.POD:
        return {**item, "status": {"phase": "Pending", "qosClass": "BestEffort"}}
    return item


def _with_data(kind: Kind, item: Json) -> Json:
    """A Secret as it is stored: stringData in data, a type, and no more than 1 MiB."""
    name = str(item["metadata"].get("name", ""))
    data = {key: value for key, value in (item.get("data") or {}).items() if value is not None}
    for key, value in (item.pop("stringData", None) or {}).items():
        data[key] = base64.b64encode(str(value).encode()).decode()
    try:
        size = sum(len(base64.b64decode(value, validate=True)) for value in data.values())
    except (binascii.Error, TypeError, ValueError):
        raise Refusal(400, "BadRequest", "illegal base64 data in a Secret's data") from None
    if size > _SECRET_BYTES:
        why = f"Too long: may not be more than {_SECRET_BYTES} bytes"
        raise invalid(kind, name, [("FieldValueTooLong", "data", why)])
    return {**item, **({"data": data} if data else {}), "type": item.get("type") or "Opaque"}
