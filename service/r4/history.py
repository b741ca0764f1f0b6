"""Bundle of type history: the versions of one resource, their stored bytes as they are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from service.audit.record import instant
from service.journal.numbers import begins
from service.r4.elements import Json
from service.r4.raw_json import compact


@dataclass(frozen=True, slots=True)
class Past:
    """One version: its number from 1, the instant at which it was recorded, its JSON."""

    version: int
    recorded_at: datetime
    raw: bytes


def write(
    base: str, place: str, self_url: str, total: int, versions: Iterable[Past], next_url: str | None
) -> bytes:
    """The history of the resource at `place` ("Type/id" under `base`), the newest version first (fhir-rest I-60).

    `total` counts the versions on all pages.
    """
    links = [{"relation": "self", "url": self_url}]
    if next_url is not None:
        links.append({"relation": "next", "url": next_url})
    head: Json = {"resourceType": "Bundle", "type": "history", "total": total, "link": links}
    written = [_entry(f"{base.rstrip('/')}/{place}", place, one) for one in versions]
    # R4's JSON knows no empty arrays.
    tail = b',"entry":[' + b",".join(written) + b"]}" if written else b"}"
    return compact(head)[:-1] + tail


def _entry(full_url: str, place: str, one: Past) -> bytes:
    made = begins(one.version)
    request = {"method": "POST", "url": place.partition("/")[0]} if made else {"method": "PUT", "url": place}
    response = {
        "status": "201" if made else "200",
        "etag": f'W/"{one.version}"',
        "lastModified": instant(one.recorded_at),
    }
    said = b',"request":' + compact(request) + b',"response":' + compact(response) + b"}"
    return b'{"fullUrl":' + compact(full_url) + b',"resource":' + one.raw + said
