"""A client reads or searches the summaries as DocumentReferences, with the reach of the response they tell of.

One document per entry, under the entry's id: its versions are those of the entry that show a document (decision 0019).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.conditions import Among, Condition, Place, Sort, Value, meets, values_asked
from service.journal.problems import NotYours
from service.r4 import document_reference
from service.r4.elements import Json
from service.r4.raw_json import compact, splice
from service.store import documents
from service.store.documents import Document
from service.workflow.desk import ClinicDesk, Desk
from service.workflow.find_responses import (
    FoundVersions,
    HistoryQuery,
    Served,
    about,
    as_version_number,
    remember_search,
)
from service.workflow.read_encounters import encounters_of
from service.workflow.read_summary import binary_id
from service.workflow.remember import before_answering, record

_NEWEST_FIRST = (Sort("date", descending=True),)
_NOTHING = Among("id", frozenset())


@dataclass(frozen=True, slots=True)
class DocumentQuery:
    """Which documents are asked for, in which order (empty for the newest first), behind which place, how many.

    Conditions are of the fields that `document_reference.SEARCHED` names.
    """

    conditions: tuple[Condition, ...] = ()
    order: tuple[Sort, ...] = ()
    behind: Place | None = None
    limit: int = 50


@dataclass(frozen=True, slots=True)
class FoundDocuments:
    """One page of documents, where it ended if there are more, and how many there are on all pages where asked.

    `visits` are the ids of the encounters that the documents of this page are about, by patient.
    """

    served: tuple[Served, ...]
    ended: Place | None
    total: int | None = None
    visits: frozenset[tuple[str, str]] = frozenset()


def read_document(desk: Desk, context: AccessContext, document_id: str) -> Served:
    """The newest version of an entry's document; NotYours where it is out of reach, or none was made."""
    return _remembered(desk, context, documents.of_entry(desk.store, context, document_id))


def read_document_version(desk: Desk, context: AccessContext, document_id: str, written: str) -> Served:
    """One version, named as in its versionId; NotYours where that version of the entry shows no document."""
    number = as_version_number(written)
    found = documents.version_of(desk.store, context, document_id, number) if number is not None else None
    return _remembered(desk, context, found)


def read_document_history(
    desk: Desk, context: AccessContext, document_id: str, wanted: HistoryQuery
) -> FoundVersions:
    """The versions of an entry's document, the newest first (I-60); NotYours where none was made."""
    versions = documents.versions_of(desk.store, context, document_id)
    if not versions:
        raise NotYours
    since = [one for one in versions if wanted.since is None or one.changed_at >= wanted.since]
    ahead = [one for one in since if wanted.below is None or one.version < wanted.below]
    page = ahead[: wanted.limit]
    # That nothing changed since tells of the newest version, too.
    _remember_reads(desk, context, page or versions[:1])
    more = len(ahead) > len(page)
    served = tuple(serve_document(desk, context, one) for one in page)
    return FoundVersions(served, len(since), page[-1].version if more else None)


def find_documents(
    desk: Desk, context: AccessContext, wanted: DocumentQuery, query: str, *, counted: bool = False
) -> FoundDocuments:
    """The matches of a search, the newest first unless it has its own order; no match for limit 0.

    `query` is the search as it was asked.
    """
    asked = replace(wanted, conditions=_without_constants(desk.clinic(context.clinic), wanted.conditions))
    total = documents.count(desk.store, context, asked.conditions) if counted else None
    found = _page(desk, context, asked) if wanted.limit else FoundDocuments((), None)
    named = values_asked(wanted.conditions, "patient_id")
    touched = {one.patient_id for one in found.served} | about(context, named, total)
    remember_search(desk, context, "DocumentReference", query, touched)
    return replace(found, total=total)


def visits_of_documents(desk: Desk, context: AccessContext, found: FoundDocuments) -> tuple[Served, ...]:
    """The visits that these documents are about, within reach; each is remembered as a read (I-80, T3)."""
    by_patient = {one.patient_id: one for one in found.served}
    # All that is asked of a resource there is which encounter it names, and whose it is.
    naming = (
        replace(by_patient[patient], raw=compact({"encounter": {"reference": f"Encounter/{visit}"}}))
        for patient, visit in sorted(found.visits)
    )
    return encounters_of(desk, context, naming)


def serve_document(desk: Desk, context: AccessContext, one: Document) -> Served:
    """The document as it is filed, but with its bytes at the Binary, its response named, and its status of today."""
    clinic = desk.clinic(context.clinic)
    raw = splice(
        document_reference.write(_described(clinic, one)),
        id=one.entry_id,
        version_id=str(one.version),
        last_updated=one.changed_at,
    )
    return Served(one.entry_id, one.version, one.changed_at, one.patient_id, raw)


def _described(clinic: ClinicDesk, one: Document) -> document_reference.FiledDocument:
    return document_reference.FiledDocument(
        entry_identifier=f"urn:uuid:{one.key}",
        version_identifier=one.version_identifier,
        patient_id=one.patient_id,
        date=one.recorded_at,
        created=one.recorded_at,
        content_type=one.media_type,
        data=one.pdf,
        title=document_reference.title_after(one.link.ordinal),
        description=clinic.filing.remark(one.media_type),
        author=f"Patient/{one.patient_id}",
        encounter_id=one.link.encounter_id,
        period_start=one.link.infusion_start,
        period_end=one.link.infusion_end,
        type=clinic.filing.document_type,
        custodian=clinic.title,
        related_response=f"QuestionnaireResponse/{one.entry_id}/_history/{one.told_in}",
        replaces=f"{one.entry_id}/_history/{one.replaces}" if one.replaces else None,
        language=one.language,
        status=one.status,
        url=f"{clinic.base}/Binary/{binary_id(one.entry_id, one.told_in)}",
    )


def _page(desk: Desk, context: AccessContext, wanted: DocumentQuery) -> FoundDocuments:
    order = wanted.order or _NEWEST_FIRST
    found = documents.find(desk.store, context, wanted.conditions, order, wanted.behind, wanted.limit + 1)
    page = found[: wanted.limit]
    ended = Place(_keys(page[-1], order), page[-1].entry_id) if len(found) > len(page) else None
    visits = frozenset((one.patient_id, one.link.encounter_id) for one in page if one.link.encounter_id)
    return FoundDocuments(tuple(serve_document(desk, context, one) for one in page), ended, visits=visits)


def _keys(one: Document, order: Iterable[Sort]) -> tuple[str | datetime, ...]:
    values: dict[str, str | datetime] = {
        "status": one.status,
        "date": one.recorded_at,
        "changed_at": one.changed_at,
    }
    return tuple(values[sort.field] for sort in order)


def _without_constants(clinic: ClinicDesk, asked: Iterable[Condition]) -> tuple[Condition, ...]:
    """The conditions that rows can tell apart; what all of a clinic's documents have alike is answered here."""
    kind = clinic.filing.document_type
    alike: dict[str, Value] = {
        "type": _forms({"system": kind.system, "code": kind.code}),
        "category": _forms(document_reference.CLINICAL_NOTE),
    }
    left: list[Condition] = []
    for one in asked:
        if one.field not in alike:
            left.append(one)
        elif not meets(one, alike):
            left.append(_NOTHING)
    return tuple(left)


def _forms(coding: Json) -> frozenset[str]:
    """Every form in which a token may ask for this coding."""
    system, code = coding["system"], coding["code"]
    return frozenset({code, f"{system}|{code}", f"{system}|"})


def _remembered(desk: Desk, context: AccessContext, found: Document | None) -> Served:
    if found is None:
        raise NotYours
    _remember_reads(desk, context, [found])
    return serve_document(desk, context, found)


def _remember_reads(desk: Desk, context: AccessContext, versions: Iterable[Document]) -> None:
    reads = [
        record(
            desk,
            context,
            Deed.READ,
            patient=one.patient_id,
            what=f"DocumentReference/{one.entry_id}/_history/{one.version}",
        )
        for one in versions
    ]
    before_answering(desk, context, reads)
