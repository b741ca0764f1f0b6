"""Bundle: search results around resources whose stored bytes stay as they are."""

from collections.abc import Iterable

from service.r4.elements import Json
from service.r4.raw_json import compact


def searchset(
    base: str, self_url: str, entries: Iterable[tuple[str, bytes]], total: int | None, next_url: str | None
) -> bytes:
    """A searchset Bundle (fhir-rest I-71 to I-74).

    Each entry is (place, resource bytes), the place relative to `base` ("Questionnaire/x") or absolute; the bytes
    go in untouched.
    """
    head: Json = {"resourceType": "Bundle", "type": "searchset"}
    if total is not None:
        head["total"] = total
    links = [{"relation": "self", "url": self_url}]
    if next_url is not None:
        links.append({"relation": "next", "url": next_url})
    written = [_entry(base, place, raw) for place, raw in entries]
    # R4's JSON knows no empty arrays: without matches there is no entry member.
    tail = b',"entry":[' + b",".join(written) + b"]}" if written else b"}"
    return compact(head | {"link": links})[:-1] + tail


def _entry(base: str, place: str, raw: bytes) -> bytes:
    full_url = place if "://" in place else f"{base.rstrip('/')}/{place}"
    return b'{"fullUrl":' + compact(full_url) + b',"resource":' + raw + b',"search":{"mode":"match"}}'
