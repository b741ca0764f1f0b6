"""A client puts a response in the place of the one that is kept: a draft is saved, sent or put off, an entry amended.

What it may become is judged by `validate_response`, whoever asks; here stands what is kept of it then (B2).
"""

import json
from collections.abc import Callable
from dataclasses import replace

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.entries import Answer, Cause, Draft, EntryStatus, EntryVersion, is_empty
from service.journal.problems import ChangedElsewhere, NotAnEntry, UnknownPromptSet, Unusable
from service.journal.prompts import PromptSet
from service.journal.release import held_until
from service.r4 import questionnaire_response, raw_json
from service.r4.questionnaire_response import FiledEntry
from service.store import deeds
from service.store.deeds import GuardFailed
from service.workflow.amend_entry import enter_in_error, keep_change
from service.workflow.bring_up_to_date import bring_up_to_date
from service.workflow.desk import Desk
from service.workflow.find_responses import Served, serve, serve_draft
from service.workflow.number_versions import number_after, numbered_after
from service.workflow.receive_response import left_out, refuse, send_as_received, taken
from service.workflow.remember import before_answering, record
from service.workflow.submit_entry import Sending
from service.workflow.take_back import take_back
from service.workflow.validate_response import Change, judge_change, kept_response

_ROOT = "QuestionnaireResponse"
Json = dict[str, object]


class AnotherId(Unusable):
    """The response does not bear the id of the address."""


def revise_response(
    desk: Desk,
    context: AccessContext,
    response_id: str,
    is_meant: Callable[[Served], bool],
    raw: bytes,
    value: Json,
) -> Served:
    """What is kept now under this id: the response that came, or what stood there already where it asks for no change.

    `is_meant` says whether what is kept is what the client changes. NotYours where nothing is kept within reach,
    ChangedElsewhere where it is another version, AnotherId, and NotAnEntry or a Conflict with every fault.
    """
    kept = kept_response(desk, context, response_id)
    if not is_meant(kept.served):
        raise ChangedElsewhere
    change = judge_change(desk, context, value, kept)
    if value.get("id") != response_id:
        raise AnotherId(*change.faults)
    refuse(change.faults)
    if change.changes_nothing:
        return _as_it_stands(desk, context, kept.served)
    written = kept.written
    if isinstance(written, Draft):
        return _change_draft(desk, context, change, written, raw)
    if change.status is EntryStatus.IN_PROGRESS:
        return serve_draft(desk, context, take_back(desk, context, written.key, change.answers))
    return serve(
        _change_entry(desk, context, change, written, _without_old_narrative(raw, value, kept.served)),
        context.at,
    )


def _as_it_stands(desk: Desk, context: AccessContext, served: Served) -> Served:
    read = record(
        desk, context, Deed.READ, patient=served.patient_id, what=_version(served.id, served.version)
    )
    before_answering(desk, context, [read])
    return served


# --- drafts ------------------------------------------------------------------------------------------------------


def _change_draft(desk: Desk, context: AccessContext, change: Change, before: Draft, raw: bytes) -> Served:
    if change.status is EntryStatus.COMPLETED:
        return serve(_send(desk, context, change, before, raw), context.at)
    if change.status is EntryStatus.ENTERED_IN_ERROR:
        return serve(_give_up(desk, context, before), context.at)
    return serve_draft(desk, context, _save(desk, context, change, before))


def _save(desk: Desk, context: AccessContext, change: Change, before: Draft) -> Draft:
    """The draft one revision on. Whose sitting it was stays: an app knows not what was kept private in it."""
    now = desk.now()
    saved = replace(
        before,
        answers=change.answers,
        link=change.link,
        status=change.status,
        language=change.received.language or before.language,
        revision=before.revision + 1,
        saved_at=now,
        started_at=now if is_empty(before.answers) else before.started_at,
    )
    guards: tuple[deeds.Guard, ...] = (deeds.DraftIsAt(before.key, before.patient_id, before.revision),)
    if saved.status is EntryStatus.IN_PROGRESS and saved.link.encounter_id is not None:
        guards += (deeds.InfusionIsFree(before.patient_id, saved.link.encounter_id, before.key),)
    what = f"{_ROOT}/{desk.entry_id(context.clinic, before.key)}"
    remembered = record(
        desk, context, Deed.UPDATE, patient=before.patient_id, what=what, reason=saved.status.value
    )
    _perform(desk, deeds.Deed(context.clinic, guards, (deeds.SaveDraft(saved),), (remembered,)))
    if saved.status is not before.status or saved.link != before.link:
        bring_up_to_date(desk, context.clinic, before.patient_id)
    return saved


def _send(desk: Desk, context: AccessContext, change: Change, before: Draft, raw: bytes) -> EntryVersion:
    """The draft becomes an entry, exactly as one that is sent at once."""
    received, link = change.received, change.link
    if received.authored is None:
        raise NotAnEntry
    said_too = left_out(received, before.key, before.patient_id, link.encounter_id)
    sending = Sending(
        key=before.key,
        patient_id=before.patient_id,
        prompt_set=_set_of(desk, before),
        link=link,
        answers=change.answers,
        authored=received.authored,
        language=received.language or before.language,
        draft_revision=before.revision,
        through="api",
        received=raw_json.supplement(raw, said_too),
        begun_at=before.started_at,
        follows=before.follows,
    )
    return send_as_received(desk, context, sending)


def _give_up(desk: Desk, context: AccessContext, draft: Draft) -> EntryVersion:
    """A draft entered in error: kept with every word its patient's alone (R-21), and nothing of it for others."""
    now, home = desk.now(), desk.clinic(context.clinic)
    number = number_after(desk, context.clinic, draft.follows)
    version = EntryVersion(
        id=desk.entry_id(context.clinic, draft.key),
        key=draft.key,
        version=number.version,
        status=EntryStatus.ENTERED_IN_ERROR,
        patient_id=draft.patient_id,
        questionnaire=draft.questionnaire,
        link=draft.link,
        answers=tuple(Answer(one.link_id, one.text, private=True) for one in draft.answers),
        authored=draft.saved_at,
        recorded_at=now,
        language=draft.language,
        shared=_without_words(draft, _set_of(desk, draft)),
        through="api",
        begun_at=draft.started_at,
        held_until=held_until(now, home.release, home.zone),
        follows=number.follows,
    )
    guards = (deeds.EntryIsNew(draft.key), deeds.DraftIsAt(draft.key, draft.patient_id, draft.revision))
    changes = (deeds.SaveEntryVersion(version, anew=True), deeds.DropDraft(draft.key))
    remembered = record(
        desk,
        context,
        Deed.UPDATE,
        patient=draft.patient_id,
        what=_version(version.id, version.version),
        reason=version.status.value,
    )
    _perform(desk, deeds.Deed(context.clinic, guards, changes, (remembered,)))
    bring_up_to_date(desk, context.clinic, draft.patient_id)
    return version


def _without_words(draft: Draft, prompt_set: PromptSet) -> bytes:
    return questionnaire_response.write(
        FiledEntry(
            entry_key=draft.key,
            patient_id=draft.patient_id,
            encounter_id=draft.link.encounter_id,
            prompts=prompt_set,
            answers={},
            status=EntryStatus.ENTERED_IN_ERROR,
            authored=draft.saved_at,
            language=draft.language,
        )
    )


def _set_of(desk: Desk, draft: Draft) -> PromptSet:
    found = desk.library.by_canonical(draft.questionnaire)
    if found is None:
        raise UnknownPromptSet
    return found


def _perform(desk: Desk, deed: deeds.Deed) -> None:
    try:
        desk.writer.perform(deed)
    except GuardFailed as failed:
        raise taken(failed) from None


# --- entries -----------------------------------------------------------------------------------------------------


def _change_entry(
    desk: Desk, context: AccessContext, change: Change, before: EntryVersion, raw: bytes
) -> EntryVersion:
    """The entry's next version: amended, or marked as entered in error with every word as it was (rule 17)."""
    if change.status is EntryStatus.ENTERED_IN_ERROR:
        return enter_in_error(desk, context, before.key, before, "api")
    version = numbered_after(desk, context.clinic, before)
    version = replace(
        version,
        recorded_at=desk.now(),
        status=change.status,
        through="api",
        made_by=None,
        why=None,
        because=None,  # no element of a response says why it was changed
        cause=Cause.SENT,
    )
    kept = keep_change(desk, context, before, _amended(version, change, raw))
    bring_up_to_date(desk, context.clinic, before.patient_id)
    return kept


def _amended(version: EntryVersion, change: Change, raw: bytes) -> EntryVersion:
    received = change.received
    said_too = left_out(received, version.key, version.patient_id, version.link.encounter_id)
    return replace(
        version,
        answers=change.answers,
        authored=received.authored or version.authored,
        language=received.language or version.language,
        shared=raw_json.supplement(raw, said_too),
    )


def _without_old_narrative(raw: bytes, value: Json, served: Served) -> bytes:
    """The response without the narrative of other answers: what was taken out of them must not stand on in it."""
    before = json.loads(served.raw)
    is_old = value.get("text") == before.get("text") and value.get("item") != before.get("item")
    return raw_json.with_member(raw, "text", None) if is_old else raw


def _version(response_id: str, version: int) -> str:
    return f"{_ROOT}/{response_id}/_history/{version}"
