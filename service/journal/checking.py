"""Whether a response fits its questionnaire and its patient: V1-V22 of the house's list, as values.

What breaks R4's own structure is found while reading (service.r4); here the meaning is judged. A draft may be
incomplete: what only a sent entry must keep is said of a draft as information (V8-V12), or not at all (V22).
A fault's text never holds anything the sender wrote.
"""

from collections.abc import Collection
from datetime import datetime, timedelta

from service.journal.answer_rules import ANSWER_TYPES, answer_faults, item_text_faults
from service.journal.enabling import answers_by_link, enabled_links
from service.journal.entries import EntryStatus
from service.journal.items import AnsweredSet, QuestionItem, ResponseItem
from service.journal.problems import Fault
from service.journal.prompts import PromptLibrary, PromptSet

ROOT = "QuestionnaireResponse"
# A client's clock may run ahead of ours by this much (V16).
CLOCK_SKEW = timedelta(minutes=5)
_SENT = (EntryStatus.COMPLETED, EntryStatus.AMENDED)

_STEPS: dict[EntryStatus | None, frozenset[EntryStatus]] = {
    None: frozenset({EntryStatus.IN_PROGRESS, EntryStatus.COMPLETED}),
    EntryStatus.IN_PROGRESS: frozenset(
        {EntryStatus.IN_PROGRESS, EntryStatus.COMPLETED, EntryStatus.STOPPED, EntryStatus.ENTERED_IN_ERROR}
    ),
    EntryStatus.STOPPED: frozenset({EntryStatus.IN_PROGRESS, EntryStatus.ENTERED_IN_ERROR}),
    EntryStatus.COMPLETED: frozenset({EntryStatus.AMENDED, EntryStatus.ENTERED_IN_ERROR}),
    EntryStatus.AMENDED: frozenset({EntryStatus.AMENDED, EntryStatus.ENTERED_IN_ERROR}),
    EntryStatus.ENTERED_IN_ERROR: frozenset(),
}


def check(
    answered: AnsweredSet,
    prompts: PromptSet,
    *,
    status: EntryStatus,
    now: datetime,
    patient_id: str,
    encounters: Collection[str],
) -> tuple[Fault, ...]:
    """Everything wrong with a response that shall take this status.

    `patient_id` is the patient it must be about, `encounters` the ids of that patient's encounters. Faults of
    severity "information" do not stand in the way of keeping it.
    """
    sent = status in _SENT
    structure = check_items(answered.items, prompts.items, sent=sent)
    return (
        *_about_the_patient(answered, patient_id, encounters),
        *_about_the_whole(answered),
        *(_about_time(answered, now) if sent else ()),
        *structure,
        *(_about_emptiness(answered) if sent else ()),
    )


def check_canonical(library: PromptLibrary, canonical: str | None) -> tuple[Fault, ...]:
    """Whether new answers may be given to this questionnaire: known by url|version, and not retired (V1)."""
    place = f"{ROOT}.questionnaire"
    found = library.by_canonical(canonical)
    if found is None:
        return (Fault("not-found", "No questionnaire with this url and version is published here.", place),)
    if not found.is_open:
        return (Fault("business-rule", "This questionnaire takes no new responses.", place),)
    return ()


def check_step(before: EntryStatus | None, after: EntryStatus, *, held: bool = False) -> tuple[Fault, ...]:
    """Whether an entry may go from one status to another (V18); `held`: not released yet, so it may be taken back."""
    taken_back = held and before is EntryStatus.COMPLETED and after is EntryStatus.IN_PROGRESS
    if taken_back or after in _STEPS[before]:
        return ()
    return (Fault("business-rule", "The response cannot go from its status to this one.", f"{ROOT}.status"),)


def check_items(
    given: tuple[ResponseItem, ...], asked: tuple[QuestionItem, ...], *, sent: bool
) -> tuple[Fault, ...]:
    """The response's items judged by the questionnaire's (V2-V13, V20, V21), nothing else."""
    known = {item.link_id for question in asked for item in question.walk()}
    walk = _Walk(
        frozenset(known), enabled_links(asked, answers_by_link(given)), "error" if sent else "information"
    )
    return tuple(walk.siblings(given, asked, ROOT))


class _Walk:
    """One pass through both trees. `softness` is the severity of what a draft is allowed."""

    def __init__(self, known: frozenset[str], enabled: frozenset[str], softness: str) -> None:
        self._known = known
        self._enabled = enabled
        self._softness = softness

    def siblings(
        self, given: tuple[ResponseItem, ...], asked: tuple[QuestionItem, ...], path: str
    ) -> list[Fault]:
        places = {question.link_id: place for place, question in enumerate(asked)}
        faults: list[Fault] = []
        last, seen = -1, set[str]()
        for index, item in enumerate(given):
            here = f"{path}.item[{index}]"
            place = places.get(item.link_id)
            if place is None:
                faults.append(self._stray(item, here))
                continue
            question = asked[place]
            if item.link_id in seen and not (question.type == "group" and question.repeats):
                faults.append(Fault("invariant", "The same item stands here twice.", here))
            elif place < last:
                faults.append(Fault("structure", "The item stands out of the questionnaire's order.", here))
            seen.add(item.link_id)
            last = place
            faults += self._item(item, question, here)
        return faults + self._unanswered(given, asked, path)

    def _stray(self, item: ResponseItem, here: str) -> Fault:
        if item.link_id in self._known:
            return Fault("structure", "The item belongs in another place of the questionnaire.", here)
        return Fault("invalid", "The questionnaire has no item with this linkId.", f"{here}.linkId")

    def _item(self, item: ResponseItem, question: QuestionItem, here: str) -> list[Fault]:
        faults = self._shape(item, question, here)
        if question.link_id not in self._enabled:
            faults.append(Fault("business-rule", "This item was not to be asked.", here, self._softness))
        faults += item_text_faults(item, question, here, self._softness)
        if question.type in ANSWER_TYPES:
            faults += answer_faults(item, question, here, self._softness)
        return faults + self._children(item, question, here)

    def _shape(self, item: ResponseItem, question: QuestionItem, here: str) -> list[Fault]:
        faults = []
        if item.answers and item.items:
            faults.append(Fault("invariant", "An item cannot have both answers and items (qrs-1).", here))
        if item.answers and question.type not in ANSWER_TYPES:
            faults.append(Fault("structure", "A group or a display item takes no answer.", f"{here}.answer"))
        if len(item.answers) > 1 and not question.repeats and question.type in ANSWER_TYPES:
            faults.append(Fault("structure", "Only one answer may be given here.", f"{here}.answer"))
        return faults

    def _children(self, item: ResponseItem, question: QuestionItem, here: str) -> list[Fault]:
        if question.type == "group":
            return self.siblings(item.items, question.items, here)
        faults = [
            fault
            for index, answer in enumerate(item.answers)
            for fault in self.siblings(answer.items, question.items, f"{here}.answer[{index}]")
        ]
        if item.items and not item.answers:
            faults.append(
                Fault("structure", "Items below a question stand under its answer.", f"{here}.item")
            )
        return faults

    def _unanswered(
        self, given: tuple[ResponseItem, ...], asked: tuple[QuestionItem, ...], path: str
    ) -> list[Fault]:
        present = {item.link_id: item for item in given}
        faults: list[Fault] = []
        for question in asked:
            if question.link_id in self._enabled:
                faults += self._missing(present.get(question.link_id), question, path)
        return faults

    def _missing(self, item: ResponseItem | None, question: QuestionItem, path: str) -> list[Fault]:
        here = f"{path}.item.where(linkId='{question.link_id}')"
        if question.type == "group":
            skipped = item is None and (question.required or not question.repeats)
            return self._unanswered((), question.items, here) if skipped else []
        answered = item is not None and any(not answer.is_blank for answer in item.answers)
        if question.required and not answered:
            return [Fault("required", "This question needs an answer.", here, self._softness)]
        return []


def _about_the_patient(
    answered: AnsweredSet, patient_id: str, encounters: Collection[str]
) -> tuple[Fault, ...]:
    faults = [*_subject(answered, patient_id)]
    for name, person in (("author", answered.author), ("source", answered.source)):
        if person not in (None, f"Patient/{patient_id}"):
            # A scribe is let in by the clinic alone, and only by the journal's own page (rule 30).
            faults.append(Fault("forbidden", "Only the patient writes here.", f"{ROOT}.{name}"))
    if answered.encounter is not None and answered.encounter not in _references(encounters):
        text = "No encounter of this patient with this id is known."
        faults.append(Fault("business-rule", text, f"{ROOT}.encounter"))
    return tuple(faults)


def _references(encounters: Collection[str]) -> set[str]:
    return {f"Encounter/{encounter_id}" for encounter_id in encounters}


def _subject(answered: AnsweredSet, patient_id: str) -> tuple[Fault, ...]:
    place = f"{ROOT}.subject"
    if answered.subject is None or not answered.subject.startswith("Patient/"):
        return (Fault("value", "The subject must be a patient, as Patient/[id].", place),)
    if answered.subject != f"Patient/{patient_id}":
        return (Fault("forbidden", "The subject is not the patient you may write for.", place),)
    return ()


def _about_the_whole(answered: AnsweredSet) -> tuple[Fault, ...]:
    faults = []
    if answered.source is not None and answered.r5_source:
        faults.append(
            Fault("invariant", "Either source or the R5 extension for it, not both.", f"{ROOT}.source")
        )
    if answered.implicit_rules:
        faults.append(
            Fault("not-supported", "Implicit rules are not understood here.", f"{ROOT}.implicitRules")
        )
    unknown = "A modifier extension that is not understood here stands in this place."
    return (*faults, *(Fault("not-supported", unknown, place) for place in answered.modifier_extensions))


def _about_time(answered: AnsweredSet, now: datetime) -> tuple[Fault, ...]:
    place = f"{ROOT}.authored"
    if answered.authored is None:
        return (Fault("value", "The time of writing is needed, with its zone.", place),)
    if answered.authored > now + CLOCK_SKEW:
        return (Fault("value", "The time of writing lies in the future.", place),)
    return ()


def _about_emptiness(answered: AnsweredSet) -> tuple[Fault, ...]:
    if any(not answer.is_blank for item in answered.walk() for answer in item.answers):
        return ()
    text = 'Nothing was answered. A set that is put off has the status "stopped".'
    return (Fault("business-rule", text, f"{ROOT}.item"),)
