"""A client asks whether a response would do, before it is sent; nothing of it is kept (P-20, P-21).

What a change of a kept response is judged by stands here alone: `revise_response` keeps what passes, by the same rule.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.checking import check, check_canonical, check_step
from service.journal.entries import Answer, Draft, EntryStatus, EntryVersion, Link
from service.journal.problems import Conflict, Fault, InfusionTaken, NotAllowed, NotYours, TooLate, Unusable
from service.journal.release import is_held
from service.journal.steps import Step
from service.r4 import questionnaire_response
from service.r4.canonical import URI_IDENTIFIER
from service.r4.questionnaire_response import ReceivedResponse
from service.store import drafts, entries
from service.workflow.desk import Desk
from service.workflow.find_responses import Served, serve, serve_draft
from service.workflow.open_course import look
from service.workflow.receive_response import (
    judge_new_response,
    known_encounters,
    link_of,
    not_as_sent,
    set_fits,
)
from service.workflow.remember import before_answering, record

_ROOT = "QuestionnaireResponse"
_FREE = (EntryStatus.STOPPED, EntryStatus.ENTERED_IN_ERROR)
_MAY_BE_LEFT_OUT = ("text", "language", "identifier", "encounter", "author", "source")
_OF_THE_SERVER = ("versionId", "lastUpdated")


class Mode(StrEnum):
    """What is asked about a response: whether it fits by itself, or as a new one, or in place of one that is kept."""

    PROFILE = "profile"
    CREATE = "create"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept under a response's id, as its patient wrote it, private answers too, and as apps see it."""

    written: Draft | EntryVersion
    served: Served

    @property
    def is_draft(self) -> bool:
        """Whether it was not sent yet."""
        return isinstance(self.written, Draft)


@dataclass(frozen=True, slots=True)
class Change:
    """What a kept response would become; `changes_nothing` where it says what stands there already.

    `answers` are what the app told, with those kept private that it cannot know.
    """

    kept: Kept
    received: ReceivedResponse
    status: EntryStatus
    link: Link
    answers: tuple[Answer, ...]
    changes_nothing: bool
    faults: tuple[Fault, ...]


def validate_response(
    desk: Desk, context: AccessContext, value: dict[str, object], mode: Mode, response_id: str | None = None
) -> tuple[Fault, ...]:
    """Every fault of this response, none where all is well; remembered as a read of what it is compared with.

    For CREATE the very faults that sending it now would meet, for UPDATE those that putting it in the place of what
    is kept would. `response_id` says what that is. NotYours where nothing is kept there within reach; NotAllowed for
    anyone but a patient, as in sending.
    """
    patient_id = context.only_patient
    if patient_id is None or not context.sees_drafts:
        raise NotAllowed
    kept = None if response_id is None else kept_response(desk, context, response_id)
    try:
        faults = _faults(desk, context, value, mode, kept)
    except (Unusable, Conflict) as refused:
        code = "conflict" if isinstance(refused, Conflict) else "invalid"
        faults = refused.faults or (Fault(code, refused.sentence),)
    what = _ROOT if response_id is None else f"{_ROOT}/{response_id}"
    before_answering(desk, context, [record(desk, context, Deed.READ, patient=patient_id, what=what)])
    return faults


def kept_response(desk: Desk, context: AccessContext, response_id: str) -> Kept:
    """The draft or the newest version under this id; NotYours where there is none within reach."""
    entry = entries.by_id(desk.store, context, response_id)
    if entry is not None:
        return Kept(entry, serve(entry, context.at))
    for draft in drafts.drafts_of(desk.store, context):
        if desk.entry_id(context.clinic, draft.key) == response_id:
            return Kept(draft, serve_draft(desk, context, draft))
    raise NotYours


def judge_change(desk: Desk, context: AccessContext, value: dict[str, object], kept: Kept) -> Change:
    """What putting this response in the place of what is kept would make of it, with every fault (B2, V1-V22).

    Unusable or Conflict for what cannot even be judged.
    """
    received = questionnaire_response.read(value)
    written, status = kept.written, EntryStatus(received.status)
    answers, covered = _answers(written, received)
    nothing = _is_the_same(received, value, kept, answers)
    named = () if value.get("id") == kept.served.id else (_another_id(value),)
    if nothing and not kept.is_draft:
        return Change(kept, received, status, written.link, written.answers, True, named)
    step = () if nothing else _step(desk, written, status)
    link, misfits = (written.link, ()) if nothing or step else _link(desk, context, kept, received)
    faults = (
        *named,
        *not_as_sent(received, value),
        *step,
        *_what_stays(kept, received),
        *misfits,
        *_by_itself(desk, context, received, written),
        *covered,
        *(() if step else _words_stay(status, value, kept)),
    )
    return Change(kept, received, status, link, answers, nothing, faults)


def _step(desk: Desk, written: Draft | EntryVersion, status: EntryStatus) -> tuple[Fault, ...]:
    """Whether it may go there (V18). What was held can be taken back until its release, and no later: TooLate."""
    was_held = isinstance(written, EntryVersion) and written.held_until is not None
    held = isinstance(written, EntryVersion) and is_held(written, desk.now())
    if was_held and not held and status is EntryStatus.IN_PROGRESS:
        raise TooLate
    return check_step(written.status, status, held=held)


def _faults(
    desk: Desk, context: AccessContext, value: dict[str, object], mode: Mode, kept: Kept | None
) -> tuple[Fault, ...]:
    if mode is Mode.CREATE:
        return judge_new_response(desk, context, value)
    if mode is Mode.UPDATE and kept is not None:
        return judge_change(desk, context, value, kept).faults
    by_itself = _by_itself(desk, context, questionnaire_response.read(value))
    return by_itself if mode is Mode.PROFILE else (_another_id({}), *by_itself)


def _another_id(value: dict[str, object]) -> Fault:
    if "id" not in value:
        return Fault("required", "The id of the response to be changed is needed.", f"{_ROOT}.id")
    return Fault("value", "The id must be that of the address.", f"{_ROOT}.id")


def _by_itself(
    desk: Desk, context: AccessContext, received: ReceivedResponse, before: Draft | EntryVersion | None = None
) -> tuple[Fault, ...]:
    """Whether it fits its questionnaire and its patient; a retired questionnaire may have been answered (Q-06)."""
    prompt_set = desk.library.by_canonical(received.questionnaire)
    if prompt_set is None:
        return check_canonical(desk.clinic(context.clinic).library, received.questionnaire)
    patient_id = context.only_patient or ""
    encounter = (received.encounter or "").rpartition("/")[2]
    stands = before.link.evidence if before else ()
    known = (
        frozenset(stands) if encounter in stands else known_encounters(desk, context, patient_id, encounter)
    )
    return check(
        received,
        prompt_set,
        status=EntryStatus(received.status),
        now=desk.now(),
        patient_id=before.patient_id if before else patient_id,
        encounters=known,
    )


def _what_stays(kept: Kept, received: ReceivedResponse) -> tuple[Fault, ...]:
    """The identifier, the questionnaire and a known infusion stay what they were, whatever else is changed."""
    written = kept.written
    told: list[tuple[object, tuple[object, ...], str]] = [
        (received.identifier, ((URI_IDENTIFIER, f"urn:uuid:{written.key}"),), "identifier"),
        (received.questionnaire, (written.questionnaire,), "questionnaire"),
    ]
    if written.link.encounter_id is not None:
        places = {written.link.encounter_id, *written.link.evidence}
        told.append((received.encounter, tuple(f"Encounter/{one}" for one in places), "encounter"))
    elif not kept.is_draft:
        # What was sent comes to its infusion by rule or by a person, with a Provenance that says so (rule 11).
        told.append((received.encounter, (), "encounter"))
    return tuple(
        Fault("business-rule", "This is not changed in a response that is kept.", f"{_ROOT}.{name}")
        for said, before, name in told
        if said is not None and said not in before
    )


def _link(
    desk: Desk, context: AccessContext, kept: Kept, received: ReceivedResponse
) -> tuple[Link, tuple[Fault, ...]]:
    """The infusion it belongs to: the one it has, or for a draft without any the one it names, as in sending.

    InfusionTaken where another was begun or sent for it meanwhile.
    """
    written = kept.written
    if not isinstance(written, Draft):
        return written.link, ()
    if written.link.encounter_id is None:
        patient_id = context.only_patient or ""
        link, asked, _ = link_of(desk, context, patient_id, written.key, received.encounter)
        prompt_set = desk.library.by_canonical(received.questionnaire)
        return link, set_fits(prompt_set, asked) if prompt_set else ()
    if received.status != EntryStatus.ENTERED_IN_ERROR:
        _refuse_taken(written, look(desk, context).steps)
    return written.link, ()


def _refuse_taken(draft: Draft, steps: tuple[Step, ...]) -> None:
    for step in steps:
        another = step.draft or step.entry
        if another is None or another.key == draft.key:
            continue
        if step.link.encounter_id == draft.link.encounter_id and another.status not in _FREE:
            raise InfusionTaken


def _answers(
    written: Draft | EntryVersion, received: ReceivedResponse
) -> tuple[tuple[Answer, ...], tuple[Fault, ...]]:
    """What the app told and what is kept private beside it; a fault for each word that would cover a private one."""
    told = received.texts()
    private = [one for one in written.answers if one.private]
    covered = [one.link_id for one in private if one.link_id in told and not one.is_blank]
    text = "This was written in the journal itself, and is changed there alone."
    faults = tuple(Fault("business-rule", text, f"{_ROOT}.item.where(linkId='{name}')") for name in covered)
    apart = tuple(one for one in private if one.link_id not in told)
    return (*(Answer(name, words) for name, words in told.items()), *apart), faults


def _words_stay(status: EntryStatus, value: dict[str, object], kept: Kept) -> tuple[Fault, ...]:
    """What is entered in error is kept as it was (B2): a status alone says that it does not count."""
    if status is not EntryStatus.ENTERED_IN_ERROR or value.get("item") == _served(kept).get("item"):
        return ()
    return (Fault("business-rule", "Entered in error, its answers stay as they were.", f"{_ROOT}.item"),)


def _is_the_same(
    received: ReceivedResponse, value: dict[str, object], kept: Kept, answers: tuple[Answer, ...]
) -> bool:
    """Whether it says what stands there already (I-34).

    Of a draft only its answers, its status, its infusion and its language are kept. Of what was sent every element
    is, though what is left out of those that we fill in, and of the narrative, asks for no change.
    """
    written = kept.written
    if received.status != written.status or _what_stays(kept, received) or not_as_sent(received, value):
        return False
    if isinstance(written, Draft):
        named = received.encounter is None or written.link.encounter_id is not None
        language = received.language in (None, written.language)
        return named and language and _words(answers) == _words(written.answers)
    return _content(value, kept) == _content(_served(kept), kept)


def _words(answers: tuple[Answer, ...]) -> set[Answer]:
    return {one for one in answers if not one.is_blank}


def _content(value: dict[str, Any], kept: Kept) -> dict[str, Any]:
    served = _served(kept)
    filled = {name: served[name] for name in _MAY_BE_LEFT_OUT if name in served}
    meta = {n: one for n, one in value.get("meta", served["meta"]).items() if n not in _OF_THE_SERVER}
    return filled | value | {"meta": meta, "id": kept.served.id}


def _served(kept: Kept) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(kept.served.raw)
    return found
