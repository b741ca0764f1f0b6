"""The bundles that answer a search and a history.

They stand apart from the doors: links and entries are the same whoever asked.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from service.sandbox.records.refusals import Resource
from service.sandbox.records.store import Found
from service.sandbox.records.versions import entity_tag


def searchset(base_url: str, type_: str, params: list[tuple[str, str]], found: Found) -> Resource:
    """The Bundle for one page of a search, with the links to itself and to the next page."""
    unplaced = [(name, text) for name, text in params if name != "_page"]
    links = [_link("self", base_url, type_, params)]
    if found.next is not None:
        links.append(_link("next", base_url, type_, [*unplaced, ("_page", found.next)]))
    bundle: Resource = {"resourceType": "Bundle", "type": "searchset", "total": found.total, "link": links}
    # R4 JSON knows no empty list: a search without matches has no entry element.
    return (
        {**bundle, "entry": [_match(base_url, one) for one in found.resources]} if found.resources else bundle
    )


def one_answer(resource: Resource) -> Resource:
    """The searchset Bundle that an operation answers with when it found one thing that has no address."""
    entry = {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource, "search": {"mode": "match"}}
    return {"resourceType": "Bundle", "type": "searchset", "total": 1, "entry": [entry]}


def history(base_url: str, versions: list[Resource], total: int) -> Resource:
    """The Bundle for the versions of one resource, newest first (R4 http, history)."""
    bundle: Resource = {"resourceType": "Bundle", "type": "history", "total": total}
    return {**bundle, "entry": [_version(base_url, one) for one in versions]} if versions else bundle


def _link(relation: str, base_url: str, type_: str, params: list[tuple[str, str]]) -> dict[str, str]:
    query = f"?{urlencode(params)}" if params else ""
    return {"relation": relation, "url": f"{base_url}/{type_}{query}"}


def _match(base_url: str, resource: Resource) -> dict[str, Any]:
    return {"fullUrl": _full_url(base_url, resource), "resource": resource, "search": {"mode": "match"}}


def _version(base_url: str, resource: Resource) -> dict[str, Any]:
    first = resource["meta"]["versionId"] == "1"
    type_, id_ = resource["resourceType"], resource["id"]
    return {
        "fullUrl": _full_url(base_url, resource),
        "resource": resource,
        "request": {"method": "POST", "url": type_} if first else {"method": "PUT", "url": f"{type_}/{id_}"},
        "response": {
            "status": "201" if first else "200",
            "etag": entity_tag(resource),
            "lastModified": resource["meta"]["lastUpdated"],
        },
    }


def _full_url(base_url: str, resource: Resource) -> str:
    return f"{base_url}/{resource['resourceType']}/{resource['id']}"
