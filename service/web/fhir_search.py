"""Which parameters each resource type is searched by, read into what the workflows are asked (fhir-rest F)."""

import re
from collections.abc import Collection
from dataclasses import replace

from service.access.context import AccessContext
from service.journal.assigned import AssignedStatus
from service.journal.entries import EntryStatus
from service.journal.problems import Fault
from service.journal.prompts import PromptLibrary
from service.journal.questions import AssignedQuery, EntryQuery
from service.web.search_values import (
    URN,
    BadValue,
    Reader,
    after,
    count,
    count_or_none,
    dates,
    identifiers,
    ids,
    ignored,
    instant,
    read,
    references,
    refuse_others,
    words,
)
from service.workflow.find_responses import HistoryQuery, as_version_number
from service.workflow.read_provenance import VersionsQuery

_RESPONSE_STATUS = "http://hl7.org/fhir/questionnaire-answers-status"
_TASK_STATUS = "http://hl7.org/fhir/task-status"
_TASK_CODES = frozenset(
    {"complete-questionnaire", "http://hl7.org/fhir/uv/sdc/CodeSystem/temp|complete-questionnaire"}
)
# All codes of R4 task-status: those that no set of ours ever has find nothing.
_TASK_STATUSES = frozenset(
    {
        "draft",
        "requested",
        "received",
        "accepted",
        "rejected",
        "ready",
        "cancelled",
        "in-progress",
        "on-hold",
        "failed",
        "completed",
        "entered-in-error",
    }
)
_TARGET = re.compile(
    r"(?P<type>[A-Z][A-Za-z]{1,63})/(?P<id>[A-Za-z0-9\-.]{1,64})(/_history/(?P<version>[A-Za-z0-9\-.]{1,64}))?"
)


def responses(pairs: list[tuple[str, str]], context: AccessContext, library: PromptLibrary) -> EntryQuery:
    """What a search for QuestionnaireResponses asks of the store.

    UnknownParameter for any parameter or modifier not offered; NotAllowed where another patient is asked for
    (fhir-rest D-01). A parameter may stand once, `authored` twice. Each response has its patient as author (W-06,
    rule 30), so who is asked for as author is asked for as patient.
    """
    said = read(pairs, RESPONSES)
    authors = said.pop("authors", None)
    wanted = EntryQuery(**said)  # type: ignore[arg-type]  # each reader says its own field
    refuse_others(context, wanted.patient_ids)
    if isinstance(authors, frozenset):
        refuse_others(context, authors)
        both = authors if wanted.patient_ids is None else authors & frozenset(wanted.patient_ids)
        wanted = replace(wanted, patient_ids=both)
    if wanted.questionnaires is not None:
        wanted = replace(wanted, questionnaires=_versions(library, wanted.questionnaires))
    return wanted


def tasks(pairs: list[tuple[str, str]], context: AccessContext) -> AssignedQuery:
    """What a search for Tasks asks of the store; problems as for responses.

    A Task's identifier and code follow from its id: what names others finds nothing.
    """
    said = read(pairs, TASKS)
    codes, named = said.pop("codes", None), said.pop("named", None)
    for among in (named, None if codes is None or codes else frozenset()):
        if among is not None:
            said["ids"] = among if "ids" not in said else said["ids"] & among  # type: ignore[operator]
    wanted = AssignedQuery(**said)  # type: ignore[arg-type]  # as above
    refuse_others(context, wanted.patient_ids)
    return wanted


def provenances(pairs: list[tuple[str, str]], context: AccessContext, base: str) -> VersionsQuery:
    """What a search for Provenances asks; problems as for responses. `base` is the clinic's own FHIR base."""
    said = read(pairs, PROVENANCES)
    targets = said.pop("targets", None)
    if targets is not None:
        said["targets"] = frozenset(_target(one, base) for one in targets)  # type: ignore[attr-defined]
    wanted = VersionsQuery(**said)  # type: ignore[arg-type]  # as above
    refuse_others(context, wanted.patient_ids)
    return wanted


def history(pairs: list[tuple[str, str]]) -> HistoryQuery:
    """Which versions of a response are asked for (fhir-rest I-60); problems as for responses."""
    return HistoryQuery(**read(pairs, HISTORY))  # type: ignore[arg-type]  # as above


def _versions(library: PromptLibrary, asked: Collection[str]) -> frozenset[str]:
    """A canonical without a version asks for any version (fhir-rest I-85)."""
    return frozenset(one.canonical for one in library.sets if one.canonical in asked or one.url in asked)


def _target(written: str, base: str) -> tuple[str, str | None]:
    """The id of a response and the version asked for, None for any; what else is named has no Provenance here."""
    match = _TARGET.fullmatch(written.removeprefix(f"{base}/"))
    if match is None and "://" not in written:
        raise BadValue(Fault("value", "A target is written like QuestionnaireResponse/1/_history/2."))
    if match is None or match["type"] != "QuestionnaireResponse":
        return "", None
    return match["id"], match["version"]


def _authors(value: str) -> dict[str, object]:
    """Patients by id; whoever is no patient wrote nothing here."""
    named = {word.removeprefix("Patient/") for word in words(value)}
    return {"authors": frozenset(name for name in named if "/" not in name or "://" in name)}


def _statuses(value: str) -> dict[str, object]:
    try:
        return {
            "statuses": frozenset(
                EntryStatus(word.removeprefix(f"{_RESPONSE_STATUS}|")) for word in words(value)
            )
        }
    except ValueError:
        raise BadValue(Fault("value", "There is no such status.")) from None


def _task_statuses(value: str) -> dict[str, object]:
    asked = {word.removeprefix(f"{_TASK_STATUS}|") for word in words(value)}
    if not asked <= _TASK_STATUSES:
        raise BadValue(Fault("value", "There is no such status."))
    return {"statuses": frozenset(one for one in AssignedStatus if one.value in asked)}


def _task_codes(value: str) -> dict[str, object]:
    return {"codes": words(value) & _TASK_CODES}


def _task_identifiers(value: str) -> dict[str, object]:
    names = [word.removeprefix(URN) for word in words(value)]
    return {
        "named": frozenset(name.removeprefix("urn:uuid:") for name in names if name.startswith("urn:uuid:"))
    }


def _targets(value: str) -> dict[str, object]:
    return {"targets": words(value)}


def _below(value: str) -> dict[str, object]:
    number = as_version_number(value)
    if number is None:
        raise BadValue(Fault("value", "This page link is not whole."))
    return {"below": number}


def _questionnaires(value: str) -> dict[str, object]:
    return {"questionnaires": words(value)}


_PAGING: dict[str, Reader] = {"_count": count_or_none, "after": after, "_format": ignored}
_PATIENT = references("patient_ids", "Patient")
_ENCOUNTER = references("encounters", "Encounter")

RESPONSES: dict[str, Reader] = {
    "_id": ids,
    "author": _authors,
    "patient": _PATIENT,
    "subject": _PATIENT,
    "encounter": _ENCOUNTER,
    "identifier": identifiers,
    "status": _statuses,
    "questionnaire": _questionnaires,
    "authored": dates("authored_from", "authored_before"),
    **_PAGING,
}

TASKS: dict[str, Reader] = {
    "_id": ids,
    "_lastUpdated": dates("modified_from", "modified_before"),
    "authored-on": dates("authored_from", "authored_before"),
    "code": _task_codes,
    "encounter": _ENCOUNTER,
    "identifier": _task_identifiers,
    "modified": dates("modified_from", "modified_before"),
    "patient": _PATIENT,
    "status": _task_statuses,
    **_PAGING,
}

PROVENANCES: dict[str, Reader] = {
    "_id": ids,
    "patient": _PATIENT,
    "recorded": dates("recorded_from", "recorded_before"),
    "target": _targets,
    **_PAGING,
}

HISTORY: dict[str, Reader] = {
    "_count": count,
    "_since": instant("since"),
    "after": _below,
    "_format": ignored,
}
