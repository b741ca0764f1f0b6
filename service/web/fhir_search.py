"""What a search of each resource type asks of the workflows, and what a history is asked by (fhir-rest F, I-60)."""

from collections.abc import Iterable

from service.access.context import AccessContext
from service.journal.problems import Fault
from service.journal.questions import AssignedQuery, EntryQuery
from service.r4.search_parameters import ENCOUNTERS, PROVENANCES, RESPONSES, TASKS, Parameter
from service.web import search_reading
from service.web.search_reading import Wanted
from service.web.search_values import BadValue, Reader, count, ignored, instant, read
from service.workflow.find_responses import HistoryQuery, as_version_number
from service.workflow.read_encounters import EncounterQuery
from service.workflow.read_provenance import VersionsQuery

Pairs = Iterable[tuple[str, str]]


def responses(pairs: Pairs, context: AccessContext) -> EntryQuery:
    """What a search for QuestionnaireResponses asks of the store.

    UnknownParameter for any parameter or modifier not offered; NotAllowed where another patient is asked for
    (fhir-rest D-01).
    """
    wanted = _read(pairs, RESPONSES, context)
    return EntryQuery(
        conditions=wanted.conditions,
        order=wanted.order,
        behind=search_reading.place(wanted.place, len(wanted.order) or 1),
        limit=wanted.limit,
    )


def tasks(pairs: Pairs, context: AccessContext) -> AssignedQuery:
    """What a search for Tasks asks of the store; problems as for responses."""
    wanted = _read(pairs, TASKS, context)
    return AssignedQuery(
        conditions=wanted.conditions,
        order=wanted.order,
        behind=search_reading.place(wanted.place, len(wanted.order) or 1),
        limit=wanted.limit,
    )


def provenances(pairs: Pairs, context: AccessContext) -> VersionsQuery:
    """What a search for Provenances asks; problems as for responses."""
    wanted = _read(pairs, PROVENANCES, context)
    return VersionsQuery(wanted.conditions, search_reading.place(wanted.place, 1), wanted.limit)


def encounters(pairs: Pairs, context: AccessContext) -> EncounterQuery:
    """What a search for Encounters asks; problems as for responses."""
    wanted = _read(pairs, ENCOUNTERS, context)
    place = search_reading.place(wanted.place, 1)
    after = (str(place.keys[0]), place.id) if place else None
    return EncounterQuery(wanted.conditions, after, wanted.limit)


def history(pairs: list[tuple[str, str]]) -> HistoryQuery:
    """Which versions are asked for (fhir-rest I-60); problems as for responses."""
    return HistoryQuery(**read(pairs, HISTORY))  # type: ignore[arg-type]  # each reader says its own field


def _read(pairs: Pairs, offered: tuple[Parameter, ...], context: AccessContext) -> Wanted:
    wanted = search_reading.read(pairs, offered)
    search_reading.refuse_others(context, wanted)
    return wanted


def _below(value: str) -> dict[str, object]:
    number = as_version_number(value)
    if number is None:
        raise BadValue(Fault("value", "This page link is not whole."))
    return {"below": number}


HISTORY: dict[str, Reader] = {
    "_count": count,
    "_since": instant("since"),
    "after": _below,
    "_format": ignored,
    "_pretty": ignored,
}
