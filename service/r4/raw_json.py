"""Stored JSON changed without being rewritten: the server's own elements are put in, every other byte stays.

What was received or first written is what is kept and hashed; parsing it into models and writing it out again
would change instants and decimals. So members are cut out and set in as text.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from service.audit.record import instant

_BLANK = " \t\r\n"
_OURS = ("resourceType", "id", "meta")


def compact(value: object) -> bytes:
    """JSON as this house writes it: UTF-8, no blanks, members in the order given."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def splice(raw: bytes, *, id: str, version_id: str, last_updated: datetime) -> bytes:  # noqa: A002 - FHIR's name
    """The resource with id, meta.versionId and meta.lastUpdated set (fhir-rest I-10, I-11).

    All other members keep their very bytes; meta keeps what else it holds. ValueError where `raw` is no JSON object.
    """
    members = list(_members(raw.decode()))
    values = {name: value for name, value, _ in members}
    meta = values.get("meta") if isinstance(values.get("meta"), dict) else {}
    kept = {name: value for name, value in (meta or {}).items() if name not in ("versionId", "lastUpdated")}
    head = {
        "resourceType": values.get("resourceType"),
        "id": id,
        "meta": {"versionId": version_id, "lastUpdated": instant(last_updated), **kept},
    }
    rest = [f"{json.dumps(name)}:{written}" for name, _, written in members if name not in _OURS]
    return b",".join([compact(head)[:-1], *(member.encode() for member in rest)]) + b"}"


def supplement(raw: bytes, said: dict[str, Any]) -> bytes:
    """The resource with these members put in front, for elements it does not have; every byte of its own stays.

    ValueError where `raw` is no JSON object with members.
    """
    if not said:
        return raw
    text = raw.decode()
    inside = text[_after(text, 0, "{") :]
    if not inside.startswith('"'):
        raise ValueError("not a JSON object with members")
    return compact(said)[:-1] + b"," + inside.encode()


def with_member(raw: bytes, name: str, value: object | None) -> bytes:
    """The resource with this top-level member set to `value`, or without it for None; every other byte stays.

    ValueError where `raw` is no JSON object.
    """
    members = [f"{json.dumps(n)}:{written}".encode() for n, _, written in _members(raw.decode()) if n != name]
    if value is not None:
        members.append(compact(name) + b":" + compact(value))
    return b"{" + b",".join(members) + b"}"


def _members(text: str) -> Iterator[tuple[str, Any, str]]:
    """The top-level members of a JSON object: name, value, and the value as written."""
    decoder = json.JSONDecoder()
    at = _after(text, 0, "{")
    while text[at : at + 1] != "}":
        name, at = decoder.raw_decode(text, at)
        if not isinstance(name, str):
            raise ValueError("not a JSON object")
        start = _after(text, at, ":")
        value, end = decoder.raw_decode(text, start)
        yield name, value, text[start:end]
        at = _skip(text, end)
        if text[at : at + 1] != "}":
            at = _after(text, at, ",")
    if _skip(text, at + 1) != len(text):
        raise ValueError("not a JSON object")


def _after(text: str, at: int, mark: str) -> int:
    at = _skip(text, at)
    if text[at : at + 1] != mark:
        raise ValueError("not a JSON object")
    return _skip(text, at + 1)


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in _BLANK:
        at += 1
    return at
