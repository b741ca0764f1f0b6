"""Patient: how the record system knows the person who writes, as far as a page or a PDF shows it."""

from dataclasses import dataclass
from datetime import date

from service.r4.elements import Json, identifiers, part, parts, reference, text

# Which of several names to show; old and maiden names come last (R4 name-use).
_USES = ("official", "usual", None, "nickname", "anonymous", "temp", "maiden", "old")


@dataclass(frozen=True, slots=True)
class PatientSeen:
    """A patient as the record system showed them. `identifiers` are (system, value), `links` (type, reference).

    `birth_date` is None where only a year or a month is known. `replaced_by` and `replaces` are the ids of records on
    the same server that a merge names; `replaced_elsewhere` says that a further record took its place, and not which.
    """

    id: str
    name: str
    birth_date: date | None
    identifiers: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str], ...]
    deceased: bool
    active: bool = True
    replaced_by: tuple[str, ...] = ()
    replaces: tuple[str, ...] = ()
    replaced_elsewhere: bool = False


def read(value: Json, base: str = "") -> PatientSeen:
    """The patient; ValueError where this is no Patient with an id.

    `base` is the server's own: an absolute reference names a record of that server only if it begins with it.
    """
    if value.get("resourceType") != "Patient" or not text(value, "id"):
        raise ValueError("not a Patient")
    return PatientSeen(
        id=value["id"],
        name=_name(value),
        birth_date=_birth_date(text(value, "birthDate")),
        identifiers=identifiers(value, "identifier"),
        links=tuple(
            (text(one, "type") or "", other)
            for one in parts(value, "link")
            if (other := reference(one, "other")) is not None
        ),
        deceased=value.get("deceasedBoolean") is True or text(value, "deceasedDateTime") is not None,
        active=value.get("active") is not False,
        replaced_by=tuple(one for one in _linked(value, "replaced-by", base) if one),
        replaces=tuple(one for one in _linked(value, "replaces", base) if one),
        replaced_elsewhere="" in _linked(value, "replaced-by", base),
    )


def _linked(value: Json, type_: str, base: str) -> tuple[str, ...]:
    """The ids in links of this type, each once; "" for whatever is no record of this server (threat T9)."""
    written = (reference(one, "other") or "" for one in parts(value, "link") if text(one, "type") == type_)
    local = (one.removeprefix(base.rstrip("/") + "/") if base else one for one in written)
    found = (one.removeprefix("Patient/") if one.startswith("Patient/") else "" for one in local)
    return tuple(dict.fromkeys("" if "/" in one else one for one in found))


def _name(value: Json) -> str:
    ordered = sorted(parts(value, "name"), key=_preference)
    return next((written for one in ordered if (written := _written(one))), "")


def _preference(name: Json) -> tuple[bool, int]:
    use = text(name, "use")
    ended = text(part(name, "period"), "end") is not None
    return ended, _USES.index(use) if use in _USES else len(_USES)


def _written(name: Json) -> str:
    whole = text(name, "text")
    if whole and whole.strip():
        return whole.strip()
    pieces = [
        *_words(name, "prefix"),
        *_words(name, "given"),
        text(name, "family") or "",
        *_words(name, "suffix"),
    ]
    return " ".join(piece.strip() for piece in pieces if piece.strip())


def _words(name: Json, element: str) -> list[str]:
    found = name.get(element)
    return [one for one in found if isinstance(one, str)] if isinstance(found, list) else []


def _birth_date(written: str | None) -> date | None:
    try:
        return date.fromisoformat(written or "")
    except ValueError:
        return None
