"""Is this a resource at all? The structural checks that every write passes, by the table of kinds.

It stands apart from the ties (does what it points at exist?), because these checks need nothing but the
resource itself. What is no JSON of the right shape is refused with 400, a wrong code or type of reference
with 422 (R4 http, create).
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator
from typing import Any

from service.sandbox.records.instants import is_date_time
from service.sandbox.records.kinds import KINDS, Kind, elements_of
from service.sandbox.records.parameters import PARAMETERS
from service.sandbox.records.paths import at, local, reference_of
from service.sandbox.records.refusals import Refused, Resource

LOINC = "http://loinc.org"
_SUBSETTED = ("http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "SUBSETTED")


def check(resource: Any) -> None:
    """Refuse a resource that this record system could not read back as what it claims to be."""
    kind = kind_of(resource)
    _check_elements(resource, kind)
    _check_choices(resource, kind)
    _check_nothing_is_empty(resource, resource["resourceType"])
    _check_required_within(resource, kind)
    _check_codes(resource, kind)
    _check_reference_types(resource, kind)
    _check_dates(resource)
    _check_is_whole(resource)
    _check_attachments(resource)


def kind_of(resource: Any) -> Kind:
    """The kind of a resource; refused if it is none that is kept here."""
    if not isinstance(resource, dict) or not isinstance(resource.get("resourceType"), str):
        raise Refused(400, "structure", "The body is not a FHIR resource.")
    kind = KINDS.get(resource["resourceType"])
    if kind is None:
        raise Refused(404, "not-supported", "This resource type is not kept here.")
    return kind


def _check_elements(resource: Resource, kind: Kind) -> None:
    known = elements_of(kind)
    type_ = resource["resourceType"]
    for name, value in resource.items():
        if name == "resourceType":
            continue
        element = known.get(name.removeprefix("_"))
        if element is None:
            raise Refused(400, "structure", f"{type_} has no element of this name.", type_)
        if isinstance(value, list) != element[0]:
            raise Refused(
                400, "structure", f"{name} must {'' if element[0] else 'not '}be a list.", f"{type_}.{name}"
            )
    for name, (_, required) in known.items():
        if required and name not in resource:
            raise Refused(422, "required", f"{name} is required.", f"{type_}.{name}")
    if not isinstance(resource.get("meta", {}), dict):
        raise Refused(400, "structure", "meta is not an object.", f"{type_}.meta")
    if resource.get("modifierExtension") or resource.get("implicitRules"):
        raise Refused(
            422, "extension", "Modifier extensions and implicit rules are not understood here.", type_
        )


def _check_choices(resource: Resource, kind: Kind) -> None:
    # R4 JSON: of the names of a choice element at most one stands (formats, choice of data types).
    type_ = resource["resourceType"]
    for choice in kind.choices:
        names = choice.rstrip("!").split()
        found = [name for name in names if name in resource]
        if len(found) > 1:
            raise Refused(400, "structure", f"Only one of these may be given: {', '.join(found)}.", type_)
        if not found and choice.endswith("!"):
            raise Refused(422, "required", f"One of these is required: {', '.join(names)}.", type_)


def _check_nothing_is_empty(value: Any, path: str) -> None:
    # R4 JSON: no empty object, array or string; a null only inside the arrays of primitives.
    if value in ("", [], {}) or value is None:
        raise Refused(400, "structure", "An element is empty.", path)
    if isinstance(value, dict):
        for name, below in value.items():
            _check_nothing_is_empty(below, f"{path}.{name}")
    elif isinstance(value, list):
        for below in value:
            if below is not None:
                _check_nothing_is_empty(below, path)


def _check_required_within(resource: Resource, kind: Kind) -> None:
    for path in kind.required:
        parent, _, name = path.rpartition(".")
        for holder in _with_items_inside(resource, parent):
            if not isinstance(holder, dict) or name not in holder:
                raise Refused(422, "required", f"{path} is required.", f"{resource['resourceType']}.{path}")


def _with_items_inside(resource: Any, path: str) -> Iterator[Any]:
    # Questionnaires and their responses nest: item.item, item.answer.item.
    for holder in at(resource, path):
        yield holder
        if path == "item":
            yield from _with_items_inside(holder, "item")
            for answer in at(holder, "answer"):
                yield from _with_items_inside(answer, "item")


def _check_codes(resource: Resource, kind: Kind) -> None:
    for path, codes in kind.codes.items():
        for value in at(resource, path):
            if value not in codes.split():
                raise Refused(
                    422,
                    "code-invalid",
                    f"{path} takes one of: {codes}.",
                    f"{resource['resourceType']}.{path}",
                )


def _check_reference_types(resource: Resource, kind: Kind) -> None:
    for path, types in kind.references.items():
        for value in at(resource, path):
            named = local(reference_of(value))
            if not isinstance(value, dict) or (named and named[0] not in types.split()):
                raise Refused(
                    422, "value", f"{path} refers to: {types}.", f"{resource['resourceType']}.{path}"
                )


def _check_dates(resource: Resource) -> None:
    type_ = resource["resourceType"]
    paths = [path for p in PARAMETERS[type_].values() if p.sort == "date" for path in p.paths]
    for path in paths:
        for value in at(resource, path):
            sides = [value.get("start"), value.get("end")] if isinstance(value, dict) else [value]
            if not all(side is None or is_date_time(side) for side in sides):
                raise Refused(
                    422,
                    "value",
                    f"{path} is not a date, or a time without seconds and zone.",
                    f"{type_}.{path}",
                )


def _check_is_whole(resource: Resource) -> None:
    for tag in at(resource, "meta.tag"):
        if isinstance(tag, dict) and (tag.get("system"), tag.get("code")) == _SUBSETTED:
            raise Refused(422, "business-rule", "A shortened resource can't be written back.")


def _check_attachments(resource: Resource) -> None:
    type_ = resource["resourceType"]
    if type_ == "Binary":
        _decoded(resource["data"], "Binary.data")
    if type_ == "DocumentReference":
        _check_type_is_loinc(resource)
        for attachment in at(resource, "content.attachment"):
            _check_attachment(attachment)


def _check_type_is_loinc(document: Resource) -> None:
    # US Core 9, Writing Clinical Notes: the type SHALL be LOINC (U-07).
    if LOINC not in list(at(document, "type.coding.system")):
        raise Refused(422, "code-invalid", "type needs a LOINC code.", "DocumentReference.type")


def _check_attachment(attachment: Any) -> None:
    path = "DocumentReference.content.attachment"
    if not isinstance(attachment, dict) or not {"data", "url"} & attachment.keys():
        raise Refused(422, "required", "The attachment needs data or url.", path)
    if "data" not in attachment:
        return
    content = _decoded(attachment["data"], f"{path}.data")
    if attachment.get("size", len(content)) != len(content):
        raise Refused(422, "value", "The size is not that of the data.", f"{path}.size")
    # R4 Attachment.hash is SHA-1; it tells a damaged copy, nobody relies on it against an attacker.
    digest = base64.b64encode(hashlib.sha1(content, usedforsecurity=False).digest()).decode()
    if attachment.get("hash", digest) != digest:
        raise Refused(422, "value", "The hash is not that of the data.", f"{path}.hash")


def _decoded(text: Any, path: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, TypeError, ValueError) as broken:
        raise Refused(400, "structure", "The data is not base64.", path) from broken
