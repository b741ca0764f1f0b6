"""Versions of a resource: the stamp that the server gives each, and the entity tag that names it.

They stand apart because the store writes them and the doors put them into headers, and both must agree.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import datetime

from service.sandbox.records.instants import instant_text
from service.sandbox.records.refusals import Refused, Resource

_TAG = re.compile(r'\s*(?:W/)?"([A-Za-z0-9\-.]{1,64})"\s*')


def entity_tag(resource: Resource) -> str:
    """The weak entity tag of a version (R4 http, Support for Versions)."""
    return f'W/"{resource["meta"]["versionId"]}"'


def page_tag(searchset: Resource) -> str:
    """The weak entity tag of one page of a search: over its total, its links, and the versions that it shows."""
    shown = [
        (one["resource"]["resourceType"], one["resource"]["id"], one["resource"]["meta"]["versionId"])
        for one in searchset.get("entry", [])
    ]
    said = json.dumps([searchset["total"], searchset["link"], shown])
    return f'W/"{hashlib.sha256(said.encode()).hexdigest()[:32]}"'


def is_named(tag: str, if_none_match: str) -> bool:
    """Whether the entity tag is one of those that the header If-None-Match names, compared weakly."""
    named = [match[1] for match in map(_TAG.fullmatch, if_none_match.split(",")) if match]
    return if_none_match.strip() == "*" or tag.removeprefix("W/").strip('"') in named


def stamped(resource: Resource, id_: str, version: int, now: datetime) -> Resource:
    """The resource with the id, version and instant that the server gives; the sender's own are dropped."""
    meta = {**resource.get("meta", {}), "versionId": str(version), "lastUpdated": instant_text(now)}
    rest = {name: value for name, value in resource.items() if name not in ("resourceType", "id", "meta")}
    return {"resourceType": resource["resourceType"], "id": id_, "meta": meta, **rest}


def without_stamp(resource: Resource) -> Resource:
    """The resource without version and instant: what two versions are compared by."""
    meta = {k: v for k, v in resource.get("meta", {}).items() if k not in ("versionId", "lastUpdated")}
    return {**resource, "meta": meta}


def check_if_match(if_match: str | None, version: int) -> None:
    """Refuse an update of another version than the current one (R4 http, Managing Resource Contention)."""
    if if_match is None or if_match.strip() == "*":
        return
    match = _TAG.fullmatch(if_match)
    if match is None:
        raise Refused(400, "value", "If-Match holds one entity tag.")
    if match[1] != str(version):
        raise Refused(412, "conflict", "The resource has changed since the version that If-Match names.")
