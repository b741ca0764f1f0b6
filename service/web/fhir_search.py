"""Which parameters each resource type is searched by, read into what the workflows are asked (fhir-rest F)."""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

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
    UnknownParameter,
    after,
    count,
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

PUBLISHED = "infusion-journal-published"
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


@dataclass(frozen=True, slots=True)
class Published:
    """One published Questionnaire: its id, its bytes as they are served, and what searches look at."""

    id: str
    raw: bytes
    digest: str
    values: dict[str, str]


def publish(files: Mapping[str, bytes]) -> tuple[Published, ...]:
    """The published Questionnaires, by file name, ready to be served."""
    return tuple(_published(files[name]) for name in sorted(files))


def _published(raw: bytes) -> Published:
    value = json.loads(raw)
    names = {
        "_id": "id",
        "url": "url",
        "version": "version",
        "status": "status",
        "name": "name",
        "title": "title",
    }
    return Published(
        id=value["id"],
        raw=raw,
        digest=hashlib.sha256(raw).hexdigest(),
        values={parameter: str(value[element]) for parameter, element in names.items()},
    )


def questionnaires(published: Iterable[Published], pairs: Iterable[tuple[str, str]]) -> list[Published]:
    """The Questionnaires that meet every parameter; strings by their beginning, all else exactly (R4 search)."""
    asked = [(name, value) for name, value in pairs if name not in ("_format", "_pretty")]
    return [one for one in published if all(_meets(one, name, value) for name, value in asked)]


def _meets(one: Published, name: str, value: str) -> bool:
    if name not in one.values:
        raise UnknownParameter(
            Fault("not-supported", "This search parameter is not offered for Questionnaire.")
        )
    wanted = value.split(",")
    if name in ("name", "title"):
        return any(one.values[name].casefold().startswith(word.casefold()) for word in wanted)
    if name == "url":
        return any(
            word in (one.values["url"], f"{one.values['url']}|{one.values['version']}") for word in wanted
        )
    return one.values[name] in wanted


def responses(pairs: list[tuple[str, str]], context: AccessContext, library: PromptLibrary) -> EntryQuery:
    """What a search for QuestionnaireResponses asks of the store.

    UnknownParameter for any parameter or modifier not offered; NotAllowed where another patient is asked for
    (fhir-rest D-01). A parameter may stand once, `authored` twice.
    """
    wanted = EntryQuery(**read(pairs, RESPONSES))  # type: ignore[arg-type]  # each reader says its own field
    refuse_others(context, wanted.patient_ids)
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


def _statuses(value: str) -> dict[str, object]:
    try:
        return {"statuses": frozenset(EntryStatus(word) for word in words(value))}
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


_PAGING: dict[str, Reader] = {"_count": count, "after": after, "_format": ignored}
_PATIENT = references("patient_ids", "Patient")
_ENCOUNTER = references("encounters", "Encounter")

RESPONSES: dict[str, Reader] = {
    "_id": ids,
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
