"""An entry comes to another infusion, or to its first: a new version with its Provenance, filed anew (rule 11)."""

from dataclasses import replace

from service.access.context import AccessContext
from service.audit.record import Deed, Record
from service.journal.entries import Cause, Draft, EntryStatus, EntryVersion, Link
from service.journal.problems import ChangedElsewhere, NotYours
from service.journal.rulings import Reason
from service.r4.raw_json import with_member
from service.store import deeds, entries
from service.workflow.desk import Desk
from service.workflow.next_version import keep_next_version
from service.workflow.number_versions import numbered_after
from service.workflow.remember import record


def relink_entry(
    desk: Desk,
    context: AccessContext,
    seen: EntryVersion,
    link: Link,
    *,
    made_by: str | None = None,
    why: Reason | None = None,
) -> EntryVersion:
    """Give the entry, as it was `seen`, this link (an empty one takes it off its infusion): the new version.

    Not a word changes, private ones included. What was owed for earlier versions and never left is cancelled; what
    stands in the record system is replaced. NotYours out of reach; InfusionTaken where the infusion has an entry;
    ChangedElsewhere where the entry was changed meanwhile.
    """
    before = entries.whole(desk.store, context.clinic, seen.id)
    if before is None or not context.reaches(before.patient_id):
        raise NotYours
    if before.version != seen.version or before.status is EntryStatus.ENTERED_IN_ERROR:
        raise ChangedElsewhere
    version = _relinked(desk, context.clinic, before, link, made_by, why)
    keep_next_version(
        desk, context, before, version, _remembered(desk, context, version), "replaced-before-filing"
    )
    return version


def attach_draft(desk: Desk, context: AccessContext, draft: Draft, link: Link) -> None:
    """Give a draft its infusion while its patient writes on: neither words nor revision change."""
    guards: tuple[deeds.Guard, ...] = (deeds.DraftIsAt(draft.key, draft.patient_id, draft.revision),)
    if link.encounter_id is not None:
        guards += (deeds.InfusionIsFree(draft.patient_id, link.encounter_id, draft.key),)
    what = f"Draft/{draft.key}"
    remembered = record(
        desk, context, Deed.UPDATE, patient=draft.patient_id, what=what, reason=Cause.ATTACHED.value
    )
    linking = deeds.LinkDraft(draft.key, link)
    desk.writer.perform(deeds.Deed(context.clinic, guards, (linking,), (remembered,)))


def _relinked(
    desk: Desk, clinic: str, before: EntryVersion, link: Link, made_by: str | None, why: Reason | None
) -> EntryVersion:
    encounter = {"reference": f"Encounter/{link.encounter_id}"} if link.encounter_id else None
    return replace(
        numbered_after(desk, clinic, before),
        link=link,
        recorded_at=desk.now(),
        shared=with_member(before.shared, "encounter", encounter),
        cause=_cause(before.link, link),
        made_by=made_by,
        why=why.value if why else None,
    )


def _cause(before: Link, link: Link) -> Cause:
    if link.encounter_id is None:
        return Cause.DETACHED
    return Cause.ATTACHED if before.encounter_id is None else Cause.MOVED


def _remembered(desk: Desk, context: AccessContext, version: EntryVersion) -> Record:
    what = f"QuestionnaireResponse/{version.id}/_history/{version.version}"
    reason = ":".join(word for word in (version.cause.value, version.why) if word)
    return record(desk, context, Deed.UPDATE, patient=version.patient_id, what=what, reason=reason)
