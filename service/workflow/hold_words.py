"""Words that arrive once the visit is over are held for its patient, and given back when they sign in (rule 14)."""

import hmac
from collections.abc import Callable, Iterable

from service.access.context import AccessContext, Origin, Role
from service.audit.record import Deed
from service.journal.entries import Answer, Draft
from service.journal.problems import SignInNeeded, TooLong
from service.journal.prompts import PromptSet
from service.store import deeds, drafts, held_words, merges, sessions
from service.store.held_words import KEPT_FOR, EndedVisit, HeldWords
from service.workflow.desk import Desk
from service.workflow.recognise import Visitor, digest, header_of
from service.workflow.remember import record
from service.workflow.save_draft import read_draft, save_draft

MOST = 40  # forms of one patient within a day: more is nobody writing

Reading = Callable[[Draft, PromptSet], tuple[int, tuple[Answer, ...]]]


class HeldEnough(TooLong):
    """More is held for this patient already than anybody writes in a day."""


def hold_words(desk: Desk, handle: str, secret: str, key: str, origin: Origin, reading: Reading) -> HeldWords:
    """Hold what a form said for the patient of the visit that ended, for a day; nobody else can ask for it.

    `reading` makes the revision and the answers of the form, given the draft it belongs to. SignInNeeded where no
    visit of a patient's ended under this handle and secret, NotYours or AlreadySent where the draft is not theirs to
    write, TooLong where it could not be saved either.
    """
    context = _context(desk, _ended(desk, handle, secret), origin)
    draft, prompt_set = read_draft(desk, context, key)
    revision, answers = reading(draft, prompt_set)
    _check_length(prompt_set, answers)
    now = desk.now()
    words = HeldWords(desk.new_id(), draft.patient_id, key, revision, answers, now, now + KEPT_FOR)
    return _known(desk, context, words) or _hold(desk, context, words)


def held_for(desk: Desk, context: AccessContext, draft: Draft) -> tuple[HeldWords, ...]:
    """What is held for this draft and is not what the draft says already, the oldest first."""
    found = held_words.held_of(desk.store, context, desk.now())
    return tuple(one for one in found if one.key == draft.key and not _says_it(draft, one.answers))


def late_words_wait(desk: Desk, context: AccessContext, key: str) -> bool:
    """Whether something is held for this draft; no, where there is no draft."""
    draft = drafts.draft(desk.store, context, key)
    return draft is not None and bool(held_for(desk, context, draft))


def give_back(
    desk: Desk,
    context: AccessContext,
    key: str,
    revision: int,
    chosen: tuple[Answer, ...],
    shown: Iterable[str],
) -> Draft:
    """Save what the patient chose; then the held words that were shown go.

    ChangedElsewhere where another window saved meanwhile: they stay.
    """
    saved = save_draft(desk, context, key, revision, chosen)
    dropping = deeds.DropHeldWords(saved.patient_id, tuple(shown))
    desk.writer.perform(deeds.Deed(context.clinic, changes=(dropping,)))
    return saved


def _hold(desk: Desk, context: AccessContext, words: HeldWords) -> HeldWords:
    saving = record(desk, context, Deed.SAVE_DRAFT, patient=words.patient_id, what=f"Draft/{words.key}")
    desk.writer.perform(deeds.Deed(context.clinic, changes=(deeds.HoldWords(words),), records=(saving,)))
    return words


def _known(desk: Desk, context: AccessContext, words: HeldWords) -> HeldWords | None:
    """The same form sent twice is held once."""
    held = held_words.held_of(desk.store, context, words.held_at)
    same = [one for one in held if (one.key, one.answers) == (words.key, words.answers)]
    if not same and len(held) >= MOST:
        raise HeldEnough
    return same[0] if same else None


def _ended(desk: Desk, handle: str, secret: str) -> EndedVisit:
    """Whose visit ended, proven like a visit; a live one is no reason to be here."""
    ended = held_words.ended_visit(desk.store, handle) or _over(desk, handle)
    is_theirs = ended is not None and hmac.compare_digest(ended.secret_digest, digest(secret))
    if ended is None or not is_theirs or ended.clinic not in desk.clinics or desk.now() >= ended.expires_at:
        raise SignInNeeded
    return ended


def _over(desk: Desk, handle: str) -> EndedVisit | None:
    """A patient's visit whose time is over, which nobody has cleared away yet."""
    visit = sessions.visit(desk.store, handle)
    if visit is None or visit.kind != "patient" or visit.patient_id is None:
        return None
    ends = Visitor(visit, header_of(visit)).ends
    if desk.now() < ends:
        return None
    return EndedVisit(handle, visit.secret_digest, visit.clinic, visit.patient_id, ends + KEPT_FOR)


def _context(desk: Desk, ended: EndedVisit, origin: Origin) -> AccessContext:
    return AccessContext(
        clinic=ended.clinic,
        role=Role.PATIENT,
        origin=origin,
        person=f"Patient/{ended.patient_id}",
        patients=_records(desk, ended),
        visit=ended.handle,
        subject=ended.patient_id,
        at=desk.now(),
    )


def _records(desk: Desk, ended: EndedVisit) -> frozenset[str]:
    """The patient's record and those that lead to it: the visit may have been writing in one of theirs (threat T9).

    Here nothing is read back, so that the last confirmation is enough; to see the words takes one of a visit's own.
    """
    if not desk.clinic(ended.clinic).merged_patients:
        return frozenset({ended.patient_id})
    return frozenset({ended.patient_id, *merges.merged_into(desk.store, ended.clinic, ended.patient_id)})


def _check_length(prompt_set: PromptSet, answers: tuple[Answer, ...]) -> None:
    for answer in answers:
        prompt = prompt_set.prompt(answer.link_id)
        if prompt is None or len(answer.text) > prompt.max_length:
            raise TooLong


def _says_it(draft: Draft, answers: tuple[Answer, ...]) -> bool:
    known = {answer.link_id: answer for answer in draft.answers}
    return all(known.get(one.link_id, Answer(one.link_id, "")) == one for one in answers)
