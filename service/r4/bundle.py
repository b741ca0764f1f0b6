"""Bundle: search results around resources whose stored bytes stay as they are."""

from collections.abc import Iterable

from service.r4.elements import Json
from service.r4.raw_json import compact


def searchset(
    base: str,
    self_url: str,
    entries: Iterable[tuple[str, bytes]],
    total: int | None,
    next_url: str | None,
    *,
    included: Iterable[tuple[str, bytes]] = (),
) -> bytes:
    """A searchset Bundle (fhir-rest I-71 to I-74).

    Each entry is (place, resource bytes), the place relative to `base` ("Questionnaire/x") or absolute; the bytes
    go in untouched. `included` are those that come with the matches (I-80); `total` counts matches alone.
    """
    head: Json = {"resourceType": "Bundle", "type": "searchset"}
    if total is not None:
        head["total"] = total
    links = [{"relation": "self", "url": self_url}]
    if next_url is not None:
        links.append({"relation": "next", "url": next_url})
    written = [_entry(base, place, raw, "match") for place, raw in entries]
    written += [_entry(base, place, raw, "include") for place, raw in included]
    # R4's JSON knows no empty arrays: without matches there is no entry member.
    tail = b',"entry":[' + b",".join(written) + b"]}" if written else b"}"
    return compact(head | {"link": links})[:-1] + tail


def collection(base: str, bundle_id: str, entries: Iterable[tuple[str, bytes]]) -> bytes:
    """A Bundle of type collection with this id; entries as for a searchset, one at least."""
    head: Json = {"resourceType": "Bundle", "id": bundle_id, "type": "collection"}
    written = [
        b'{"fullUrl":' + compact(f"{base.rstrip('/')}/{place}") + b',"resource":' + raw + b"}"
        for place, raw in entries
    ]
    return compact(head)[:-1] + b',"entry":[' + b",".join(written) + b"]}"


def _entry(base: str, place: str, raw: bytes, mode: str) -> bytes:
    full_url = place if "://" in place else f"{base.rstrip('/')}/{place}"
    said = b',"search":' + compact({"mode": mode}) + b"}"
    return b'{"fullUrl":' + compact(full_url) + b',"resource":' + raw + said
