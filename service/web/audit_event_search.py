"""The search parameters of AuditEvent, read into what the log is asked (fhir-rest F); any other is refused (T2).

Offered is what a record of ours has a field for: no agent of ours has a name or an alternative id of its own, and the
observer is this clinic's base in every record, so agent-name, altid, source and site are not.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from service.audit.log_query import Aspect, Condition, LogQuery, Span
from service.audit.record import Deed, Outcome
from service.journal.problems import Fault
from service.r4.audit_codes import DEEDS, PATTERNS, Pattern
from service.r4.elements import Json
from service.smart.fhir_id import is_id
from service.web import search_values
from service.web.search_values import BadValue, UnknownParameter
from service.workflow.read_audit_events import Place

_ACTION = "http://hl7.org/fhir/audit-event-action"
_OUTCOME = "http://hl7.org/fhir/audit-event-outcome"
_ENTITY_TYPE = "http://terminology.hl7.org/CodeSystem/audit-entity-type"
_REQUEST = "https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType"
_PEOPLE = ("Patient", "Person", "Practitioner", "PractitionerRole", "RelatedPerson")
_REFERENCE = re.compile(r"[A-Z][A-Za-z]{1,63}/[A-Za-z0-9\-.]{1,64}(/_history/[A-Za-z0-9\-.]{1,64})?")
_PREFIXES = ("eq", "ne", "gt", "ge", "lt", "le", "sa", "eb")
_PLACE = re.compile(r"([0-9]{1,15}) ([0-9]{1,15})")

Coding = tuple[str, str]
Reader = Callable[[str], Condition]


@dataclass(frozen=True, slots=True)
class Search:
    """A search of the log as it was read: what is wanted, from where on, and how many at most on one page."""

    wanted: LogQuery
    place: Place | None
    limit: int


def read(pairs: Iterable[tuple[str, str]], base: str) -> Search:
    """What these parameters ask for together; each may stand several times, and each must hold (fhir-rest I-83).

    UnknownParameter for any parameter or modifier not offered, BadValue for a value that cannot be. `base` is the
    one whose own resources may be named by their full address.
    """
    conditions: list[Condition] = []
    recorded: list[tuple[Span, ...]] = []
    place, limit = None, search_values.PAGE
    for name, value in pairs:
        if name in CONDITIONS:
            conditions.append(CONDITIONS[name](_relative(value, base)))
        elif name in DATES:
            recorded.append(tuple(span for word in search_values.words(value) for span in _spans(word)))
        elif name == "_count":
            limit = _count(value)
        elif name == "after":
            place = _place(value)
        elif name != "_format":
            raise UnknownParameter(Fault("not-supported", f"{_said(name)} is not offered here."))
    return Search(LogQuery(tuple(conditions), tuple(recorded)), place, limit)


def written(place: Place | None) -> str | None:
    """A place as `after` reads it again."""
    return None if place is None else f"{place.below} {place.began_at}"


def _said(name: str) -> str:
    return f"The search parameter {name}" if re.fullmatch(r"[A-Za-z_:.-]{1,64}", name) else "This parameter"


def _relative(value: str, base: str) -> str:
    return ",".join(word.strip().removeprefix(f"{base}/") for word in value.split(","))


def _count(value: str) -> int:
    limit = search_values.count_or_none(value)["limit"]
    return limit if isinstance(limit, int) else search_values.PAGE


def _place(value: str) -> Place:
    match = _PLACE.fullmatch(value)
    if match is None:
        raise BadValue(Fault("value", "This page link is not whole."))
    return Place(int(match[1]), int(match[2]))


def _spans(written: str) -> tuple[Span, ...]:
    """The spans in which the instant of a record lies, by the comparators of R4 search; a record has no length."""
    prefix = written[:2] if written[:2] in _PREFIXES else "eq"
    begins, ends = search_values.span(written.removeprefix(prefix) if written[:2] == prefix else written)
    before, after = Span(ends=begins), Span(begins=ends)
    return {
        "eq": (Span(begins, ends),),
        "ne": (before, after),
        "gt": (after,),
        "sa": (after,),
        "ge": (Span(begins),),
        "lt": (before,),
        "eb": (before,),
        "le": (Span(ends=ends),),
    }[prefix]


def _ids(value: str) -> Condition:
    return Condition(Aspect.ID, frozenset(one for one in search_values.words(value) if is_id(one)))


def _patients(value: str) -> Condition:
    return Condition(
        Aspect.PATIENT, frozenset(one.removeprefix("Patient/") for one in search_values.words(value))
    )


def _agents(value: str) -> Condition:
    """References to persons: with their type, or by the id alone, which may be that of any type."""
    words = search_values.words(value)
    typed = {one for one in words if "/" in one}
    return Condition(
        Aspect.PERSON, frozenset(typed | {f"{kind}/{one}" for one in words - typed for kind in _PEOPLE})
    )


def _plain(aspect: Aspect) -> Reader:
    """A reader of names and words of ours, which have no system."""

    def read_plain(value: str) -> Condition:
        asked = [_token(word) for word in search_values.words(value)]
        return Condition(aspect, frozenset(name for system, name in asked if not system and name))

    return read_plain


def _entities(value: str) -> Condition:
    words = search_values.words(value)
    if not all(_REFERENCE.fullmatch(one) or "://" in one for one in words):
        raise BadValue(Fault("value", "An entity is written like QuestionnaireResponse/1."))
    return Condition(Aspect.WHAT, words)


def _entity_types(value: str) -> Condition:
    kinds = ((_ENTITY_TYPE, "1"), (_ENTITY_TYPE, "2"), (_REQUEST, "XrequestId"))
    words = search_values.words(value)
    return Condition(Aspect.ENTITY, frozenset(kind[1] for kind in kinds if _is_one(kind, words)))


def _addresses(value: str) -> Condition:
    """A string search: how an address begins, in whichever case."""
    return Condition(Aspect.ADDRESS, frozenset(one.lower() for one in search_values.words(value)))


def _deeds(codings: Callable[[Deed, Pattern], Iterable[Coding]]) -> Reader:
    """A reader of codes that follow from what was done."""

    def read_deeds(value: str) -> Condition:
        words = search_values.words(value)
        meant = (
            deed
            for deed, pattern in PATTERNS.items()
            if any(_is_one(one, words) for one in codings(deed, pattern))
        )
        return Condition(Aspect.DEED, frozenset(deed.value for deed in meant))

    return read_deeds


def _outcomes(value: str) -> Condition:
    words = search_values.words(value)
    found = frozenset(one.value for one in Outcome if _is_one((_OUTCOME, one.value), words))
    return Condition(Aspect.OUTCOME, found)


def _coding(value: Json) -> Coding:
    return str(value["system"]), str(value["code"])


def _types(_deed: Deed, pattern: Pattern) -> list[Coding]:
    return [_coding(pattern.type)]


def _subtypes(deed: Deed, pattern: Pattern) -> list[Coding]:
    return [(DEEDS, deed.value), *([_coding(pattern.subtype)] if pattern.subtype else [])]


def _action_codes(_deed: Deed, pattern: Pattern) -> list[Coding]:
    return [(_ACTION, pattern.action)]


def _is_one(coding: Coding, words: Iterable[str]) -> bool:
    """Whether a coding is meant by one of these: code, system|code, or system| for any of its codes (I-84)."""
    system, code = coding
    asked = map(_token, words)
    return any((one == code or (not one and bool(of))) and of in (None, system) for of, one in asked)


def _token(word: str) -> tuple[str | None, str]:
    """System and code as they were asked for: None for any system, empty for none, an empty code for any."""
    system, bar, code = word.rpartition("|")
    return (system if bar else None), code


CONDITIONS: Mapping[str, Reader] = {
    "_id": _ids,
    "action": _deeds(_action_codes),
    "address": _addresses,
    "agent": _agents,
    "agent:identifier": _plain(Aspect.NAMED),
    "agent-role": _plain(Aspect.ROLE),
    "entity": _entities,
    "entity-type": _entity_types,
    "outcome": _outcomes,
    "patient": _patients,
    "subtype": _deeds(_subtypes),
    "type": _deeds(_types),
}
DATES = frozenset({"_lastUpdated", "date"})
