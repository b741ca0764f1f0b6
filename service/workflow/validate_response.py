"""A client asks whether a response would do, before it is sent; nothing of it is kept (P-20, P-21)."""

from dataclasses import dataclass
from enum import StrEnum

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.checking import check, check_canonical, check_step
from service.journal.entries import EntryStatus, Link
from service.journal.problems import Conflict, Fault, NotAllowed, NotYours, Unusable
from service.r4 import questionnaire_response
from service.r4.canonical import URI_IDENTIFIER
from service.r4.questionnaire_response import ReceivedResponse
from service.store import drafts, entries
from service.workflow.desk import Desk
from service.workflow.receive_response import judge_new_response, known_encounters, not_as_sent
from service.workflow.remember import before_answering, record

_ROOT = "QuestionnaireResponse"


class Mode(StrEnum):
    """What is asked about a response: whether it fits by itself, or as a new one, or in place of one that is kept."""

    PROFILE = "profile"
    CREATE = "create"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is kept under a response's id."""

    key: str
    status: EntryStatus
    questionnaire: str
    link: Link


def validate_response(
    desk: Desk, context: AccessContext, value: dict[str, object], mode: Mode, response_id: str | None = None
) -> tuple[Fault, ...]:
    """Every fault of this response, none where all is well; remembered as a read of what it is compared with.

    For CREATE the very faults that sending it now would meet. `response_id` says what is kept so far: for UPDATE the
    response that would be changed. NotYours where nothing is kept there within reach; NotAllowed for anyone but a
    patient, as in sending.
    """
    patient_id = context.only_patient
    if patient_id is None or not context.sees_drafts:
        raise NotAllowed
    kept = None if response_id is None else _kept(desk, context, response_id)
    try:
        faults = _faults(desk, context, value, mode, kept, response_id)
    except (Unusable, Conflict) as refused:
        code = "conflict" if isinstance(refused, Conflict) else "invalid"
        faults = refused.faults or (Fault(code, refused.sentence),)
    what = _ROOT if response_id is None else f"{_ROOT}/{response_id}"
    before_answering(desk, context, [record(desk, context, Deed.READ, patient=patient_id, what=what)])
    return faults


def _faults(
    desk: Desk,
    context: AccessContext,
    value: dict[str, object],
    mode: Mode,
    kept: _Kept | None,
    response_id: str | None,
) -> tuple[Fault, ...]:
    if mode is Mode.CREATE:
        return judge_new_response(desk, context, value)
    received = questionnaire_response.read(value)
    by_itself = _by_itself(desk, context, received)
    if mode is Mode.PROFILE:
        return by_itself
    if kept is None:
        return (
            Fault("required", "The id of the response to be changed is needed.", f"{_ROOT}.id"),
            *by_itself,
        )
    other_id = value.get("id") != response_id
    return (
        *((Fault("value", "The id must be that of the address.", f"{_ROOT}.id"),) if other_id else ()),
        *not_as_sent(received, value),
        *check_step(kept.status, EntryStatus(received.status)),
        *_what_stays(kept, received),
        *by_itself,
    )


def _by_itself(desk: Desk, context: AccessContext, received: ReceivedResponse) -> tuple[Fault, ...]:
    """Whether it fits its questionnaire and its patient; a retired questionnaire may have been answered (Q-06)."""
    prompt_set = desk.library.by_canonical(received.questionnaire)
    if prompt_set is None:
        return check_canonical(desk.library, received.questionnaire)
    patient_id = context.only_patient or ""
    encounter = (received.encounter or "").rpartition("/")[2]
    return check(
        received,
        prompt_set,
        status=EntryStatus(received.status),
        now=desk.now(),
        patient_id=patient_id,
        encounters=known_encounters(desk, context, patient_id, encounter),
    )


def _what_stays(kept: _Kept, received: ReceivedResponse) -> tuple[Fault, ...]:
    """The identifier, the questionnaire and a known infusion stay what they were, whatever else is changed."""
    linked = kept.link.encounter_id
    told = (
        (received.identifier, (URI_IDENTIFIER, f"urn:uuid:{kept.key}"), "identifier"),
        (received.questionnaire, kept.questionnaire, "questionnaire"),
        (received.encounter, f"Encounter/{linked}" if linked else None, "encounter"),
    )
    return tuple(
        Fault("business-rule", "This is not changed in a response that is kept.", f"{_ROOT}.{name}")
        for said, before, name in told
        if said is not None and before is not None and said != before
    )


def _kept(desk: Desk, context: AccessContext, response_id: str) -> _Kept:
    for draft in drafts.drafts_of(desk.store, context):
        if desk.entry_id(context.clinic, draft.key) == response_id:
            return _Kept(draft.key, draft.status, draft.questionnaire, draft.link)
    entry = entries.by_id(desk.store, context, response_id)
    if entry is None:
        raise NotYours
    return _Kept(entry.key, entry.status, entry.questionnaire, entry.link)
