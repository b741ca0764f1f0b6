"""A client sends a QuestionnaireResponse: judged like the page's words, then the same steps (architecture, the way)."""

import re
from dataclasses import dataclass

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.checking import check, check_canonical, check_step
from service.journal.entries import Answer, Draft, EntryStatus, EntryVersion, Link
from service.journal.problems import (
    AlreadySent,
    ChangedElsewhere,
    Conflict,
    Fault,
    InfusionTaken,
    NotAllowed,
    NotAnEntry,
)
from service.journal.prompts import PromptSet
from service.journal.steps import Standing, Step
from service.r4 import questionnaire_response, raw_json
from service.r4.canonical import URI_IDENTIFIER
from service.r4.questionnaire_response import ReceivedResponse
from service.store import deeds, drafts, entries, infusions
from service.store.deeds import GuardFailed
from service.workflow.bring_up_to_date import bring_up_to_date
from service.workflow.desk import Desk
from service.workflow.open_course import look
from service.workflow.refresh_infusions import look_again
from service.workflow.remember import record
from service.workflow.submit_entry import Sending, send

_ROOT = "QuestionnaireResponse"
_KEY = re.compile(r"urn:uuid:([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})")


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A response that may be kept. `told` are its faults that do not stand in the way of that."""

    received: ReceivedResponse
    status: EntryStatus
    key: str
    patient_id: str
    prompt_set: PromptSet
    link: Link
    answers: tuple[Answer, ...]
    told: tuple[Fault, ...]


def receive_response(
    desk: Desk, context: AccessContext, raw: bytes, value: dict[str, object]
) -> EntryVersion | Draft:
    """Keep what the patient's app sent: a completed response becomes an entry, an unfinished one a draft.

    NotAnEntry with every fault (V1-V22); AlreadySent where this identifier was used before; NoRoom. What an app posts
    is shared: only the journal's own pages can keep an answer private (rule 16).
    """
    arrived = _judged(desk, context, value)
    if arrived.status is EntryStatus.COMPLETED:
        return _send(desk, context, arrived, raw)
    return _keep_draft(desk, context, arrived)


def judge_new_response(desk: Desk, context: AccessContext, value: dict[str, object]) -> tuple[Fault, ...]:
    """What `receive_response` would only mention about this response, were it sent now; nothing is kept.

    Problems as there, for what it would not take, one's own draft under the same identifier too.
    """
    arrived = _judged(desk, context, value)
    if arrived.status is EntryStatus.COMPLETED:
        _own_draft(desk, context, arrived.key)
    elif drafts.draft(desk.store, context, arrived.key) is not None:
        raise ChangedElsewhere
    return arrived.told


def _judged(desk: Desk, context: AccessContext, value: dict[str, object]) -> _Arrived:
    received = questionnaire_response.read(value)
    patient_id = context.only_patient
    if patient_id is None:
        raise NotAllowed
    status = EntryStatus(received.status)
    refuse(check_canonical(desk.clinic(context.clinic).library, received.questionnaire))
    prompt_set = desk.library.by_canonical(received.questionnaire)
    if prompt_set is None:
        raise NotAnEntry
    key = _key(desk, received)
    link, asked, encounters = link_of(desk, context, patient_id, key, received.encounter)
    now = desk.now()
    faults = (
        *not_as_sent(received, value),
        *check_step(None, status),
        *check(received, prompt_set, status=status, now=now, patient_id=patient_id, encounters=encounters),
        *set_fits(prompt_set, asked),
    )
    refuse(faults)
    if entries.by_key(desk.store, context, key) is not None:
        raise AlreadySent
    answers = tuple(Answer(link_id, words) for link_id, words in received.texts().items())
    return _Arrived(received, status, key, patient_id, prompt_set, link, answers, faults)


def not_as_sent(received: ReceivedResponse, value: dict[str, object]) -> tuple[Fault, ...]:
    """What an app may not decide or leave open: security labels, resources inside, an excerpt in place of the whole
    (T10, I-79), and an element of ours that names nobody (T5)."""
    meta = value.get("meta")
    labelled = isinstance(meta, dict) and "security" in meta
    told = (
        (labelled, "Security labels are the server's.", f"{_ROOT}.meta.security"),
        ("contained" in value, "Contained resources are not taken here.", f"{_ROOT}.contained"),
        (received.has_subsetted_tag, "This is an excerpt, not the whole response.", f"{_ROOT}.meta.tag"),
    )
    named = {
        "identifier": received.identifier,
        "encounter": received.encounter,
        "author": received.author,
        "source": received.source,
    }
    return (
        *(Fault("business-rule", text, place) for holds, text, place in told if holds),
        *(
            Fault("value", "This must name what it is about, or be left out.", f"{_ROOT}.{name}")
            for name, said in named.items()
            if name in value and said is None
        ),
    )


def refuse(faults: tuple[Fault, ...]) -> None:
    """NotAnEntry with all of these, if any of them stands in the way."""
    if any(fault.severity == "error" for fault in faults):
        raise NotAnEntry(*faults)


def _key(desk: Desk, received: ReceivedResponse) -> str:
    """The entry's key: the UUID of its identifier, made by the client before the first save (rule 13)."""
    if received.identifier is None:
        return desk.new_id()
    system, value = received.identifier
    match = _KEY.fullmatch(value)
    if system != URI_IDENTIFIER or match is None:
        raise NotAnEntry(
            Fault("value", "The identifier must be a URN with a UUID in lower case.", f"{_ROOT}.identifier")
        )
    return match[1]


def link_of(
    desk: Desk, context: AccessContext, patient_id: str, key: str, encounter: str | None
) -> tuple[Link, str | None, frozenset[str]]:
    """The infusion that this reference names, the set asked after it, and the ids of all encounters of this patient.

    The record system is asked where it names one that was not seen yet: RecordSystemSilent. NotAnEntry where an entry
    cannot begin there now; InfusionTaken where another than the one with this key began there.
    """
    wanted = (encounter or "").rpartition("/")[2]
    known = known_encounters(desk, context, patient_id, wanted)
    if not wanted:
        return Link(), None, known
    step = next((one for one in look(desk, context).steps if wanted in one.link.evidence), None)
    if step is not None:
        return _free(step, key), step.questionnaire, known
    if wanted in known:
        raise _misplaced("This encounter was no infusion.")
    return Link(), None, known


def _free(step: Step, key: str) -> Link:
    """The infusion's link, if an entry may begin there now: the same steps as on the patient's own page."""
    begun = step.draft
    if step.entry is not None or (begun and begun.key != key and begun.status is not EntryStatus.STOPPED):
        raise InfusionTaken
    if step.standing == Standing.NOT_YET:
        raise _misplaced("This infusion has not ended yet.")
    if step.standing == Standing.NO_SET:
        raise _misplaced("No prompt set belongs to this infusion.")
    return step.link


def _misplaced(text: str) -> NotAnEntry:
    return NotAnEntry(Fault("business-rule", text, f"{_ROOT}.encounter"))


def known_encounters(desk: Desk, context: AccessContext, patient_id: str, wanted: str) -> frozenset[str]:
    """The ids of all encounters of this patient; the record system is asked where `wanted` is none of them yet.

    RecordSystemSilent where it does not answer then: nobody can tell whether the visit is this patient's, and a client
    that was told no would not come again.
    """
    known = _encounters(desk, context, patient_id)
    if not wanted or wanted in known:
        return known
    look_again(desk, context, desk.clinic(context.clinic).for_delivery, patient_id)
    return _encounters(desk, context, patient_id)


def _encounters(desk: Desk, context: AccessContext, patient_id: str) -> frozenset[str]:
    return frozenset(one.id for one in infusions.encounters_of(desk.store, context, patient_id))


def set_fits(prompt_set: PromptSet, asked: str | None) -> tuple[Fault, ...]:
    """Only the set that belongs to the infusion answers it, in any open version (decision 0007)."""
    if asked is None or prompt_set.url == asked.split("|")[0]:
        return ()
    return (Fault("business-rule", "Another prompt set belongs to this infusion.", f"{_ROOT}.questionnaire"),)


def left_out(
    received: ReceivedResponse, key: str, patient_id: str, encounter_id: str | None = None
) -> dict[str, object]:
    """What every response of ours says (R-02, element rules B), where the app left it out.

    `encounter_id` is the infusion's where it is known already.
    """
    patient = {"reference": f"Patient/{patient_id}"}
    said: dict[str, object] = {}
    if received.identifier is None:
        said["identifier"] = {"system": URI_IDENTIFIER, "value": f"urn:uuid:{key}"}
    if received.encounter is None and encounter_id is not None:
        said["encounter"] = {"reference": f"Encounter/{encounter_id}"}
    if received.author is None:
        said["author"] = patient
    if received.source is None and not received.r5_source:
        said["source"] = patient
    return said


def _send(desk: Desk, context: AccessContext, arrived: _Arrived, raw: bytes) -> EntryVersion:
    authored = arrived.received.authored
    if authored is None:
        raise NotAnEntry
    begun = _own_draft(desk, context, arrived.key)
    if begun is None:
        desk.ask_for_room()
    sending = Sending(
        key=arrived.key,
        patient_id=arrived.patient_id,
        prompt_set=arrived.prompt_set,
        link=arrived.link,
        answers=arrived.answers,
        authored=authored,
        language=arrived.received.language or arrived.prompt_set.language,
        draft_revision=begun.revision if begun else 0,
        through="api",
        received=raw_json.supplement(raw, left_out(arrived.received, arrived.key, arrived.patient_id)),
        follows=begun.follows if begun else 0,
    )
    return send_as_received(desk, context, sending)


def send_as_received(desk: Desk, context: AccessContext, sending: Sending) -> EntryVersion:
    """The entry that a client's response became; AlreadySent where other words were quicker under its identifier."""
    kept = send(desk, context, sending).entry
    if kept.shared != sending.received:
        raise AlreadySent
    return kept


def _own_draft(desk: Desk, context: AccessContext, key: str) -> Draft | None:
    """The draft that the app began under the same identifier, which it may complete; None where there is none.

    ChangedElsewhere once the journal's own page has saved in it: what was written there, private words too, is not
    in what the app sends, and would be lost with the draft (rule 13).
    """
    begun = drafts.draft(desk.store, context, key)
    if begun is not None and begun.sitting is not None:
        raise ChangedElsewhere
    return begun


def _keep_draft(desk: Desk, context: AccessContext, arrived: _Arrived) -> Draft:
    desk.ask_for_room()
    now = desk.now()
    draft = Draft(
        key=arrived.key,
        patient_id=arrived.patient_id,
        questionnaire=arrived.prompt_set.canonical,
        link=arrived.link,
        answers=arrived.answers,
        revision=1,
        started_at=now,
        saved_at=now,
        language=arrived.received.language or arrived.prompt_set.language,
    )
    guards: tuple[deeds.Guard, ...] = (
        deeds.EntryIsNew(draft.key),
        deeds.DraftIsAt(draft.key, draft.patient_id, 0),
    )
    if draft.link.encounter_id is not None:
        guards += (deeds.InfusionIsFree(draft.patient_id, draft.link.encounter_id, draft.key),)
    what = f"{_ROOT}/{desk.entry_id(context.clinic, draft.key)}"
    remembered = record(desk, context, Deed.CREATE, patient=draft.patient_id, what=what)
    try:
        desk.writer.perform(deeds.Deed(context.clinic, guards, (deeds.SaveDraft(draft),), (remembered,)))
    except GuardFailed as failed:
        raise _not_new(desk, context, failed) from None
    bring_up_to_date(desk, context.clinic, draft.patient_id)
    return draft


def _not_new(desk: Desk, context: AccessContext, failed: GuardFailed) -> Conflict:
    """What a create under this identifier is told; of another's draft no more than of what another sent (T4)."""
    guard = failed.guard
    if isinstance(guard, deeds.DraftIsAt) and drafts.draft(desk.store, context, guard.key) is None:
        return AlreadySent()
    return taken(failed)


def taken(failed: GuardFailed) -> Conflict:
    """Who was there first: an entry under this identifier, another for this infusion, or another window."""
    if isinstance(failed.guard, deeds.EntryIsNew):
        return AlreadySent()
    return InfusionTaken() if isinstance(failed.guard, deeds.InfusionIsFree) else ChangedElsewhere()
