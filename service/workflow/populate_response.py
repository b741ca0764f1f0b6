"""A client asks for the skeleton of a response that its patient will fill in; nothing is kept (SDC $populate)."""

import json
from dataclasses import dataclass

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.checking import check_canonical
from service.journal.problems import Conflict, Fault, NotAllowed, NotAnEntry
from service.journal.prompts import PromptLibrary, PromptSet
from service.r4 import populate
from service.r4.populate import Blank
from service.workflow.desk import Desk
from service.workflow.receive_response import link_of, set_fits
from service.workflow.remember import before_answering, record

_ENCOUNTER = "QuestionnaireResponse.encounter"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which Questionnaire (as published, its canonical and its `Type/id`), for whom, and in which context.

    `contexts` are names with references, such as ("encounter", "Encounter/7"); a reference is None where what came
    names nothing.
    """

    questionnaire: bytes
    canonical: str
    place: str
    patient_id: str
    contexts: tuple[tuple[str, str | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Populated:
    """The skeleton as JSON, and what was said in vain."""

    response: bytes
    issues: tuple[Fault, ...]


def populate_response(desk: Desk, context: AccessContext, wanted: Wanted) -> Populated:
    """The skeleton of this patient's response: texts, and the infusion that was named, if writing may begin there.

    NotAllowed for anyone but that patient: nobody else could send it (W-06). NotAnEntry where the questionnaire takes
    no new responses. Remembered as a read.
    """
    if context.only_patient != wanted.patient_id or not context.sees_drafts:
        raise NotAllowed
    prompt_set = _open_set(desk.clinic(context.clinic).library, wanted.canonical)
    questionnaire, key = json.loads(wanted.questionnaire), desk.new_id()
    issues = _unused(wanted, populate.launch_contexts(questionnaire))
    encounter_id = None
    named = [reference for name, reference in wanted.contexts if name == "encounter"]
    if named:
        encounter_id, refused = _infusion(desk, context, key, prompt_set, named)
        issues += refused
    blank = Blank(
        canonical=prompt_set.canonical,
        key=key,
        patient_id=wanted.patient_id,
        encounter_id=encounter_id,
        authored=desk.now(),
        language=prompt_set.language,
    )
    read = record(desk, context, Deed.READ, patient=wanted.patient_id, what=wanted.place)
    before_answering(desk, context, [read])
    return Populated(populate.skeleton(questionnaire, blank), issues)


def _open_set(library: PromptLibrary, canonical: str) -> PromptSet:
    faults = check_canonical(library, canonical)
    prompt_set = library.by_canonical(canonical)
    if faults or prompt_set is None:
        raise NotAnEntry(*faults)
    return prompt_set


def _unused(wanted: Wanted, declared: frozenset[str]) -> tuple[Fault, ...]:
    """What the context says that is of no use here: names nobody declared, another patient than the subject."""
    others = any(name not in declared | {"encounter", "patient", "user"} for name, _ in wanted.contexts)
    patients = {reference for name, reference in wanted.contexts if name == "patient"}
    strange = bool(patients - {f"Patient/{wanted.patient_id}"})
    return (
        *(
            (_warning("not-supported", "A context that the questionnaire does not declare."),)
            if others
            else ()
        ),
        *((_warning("value", "The patient in context is not the subject."),) if strange else ()),
    )


def _infusion(
    desk: Desk, context: AccessContext, key: str, prompt_set: PromptSet, named: list[str | None]
) -> tuple[str | None, tuple[Fault, ...]]:
    """The id of the infusion's encounter, as sending would take it; else why it stays out."""
    reference, patient_id = named[0], context.only_patient or ""
    if len(named) > 1 or reference is None or not reference.startswith("Encounter/"):
        return None, (_warning("value", "One encounter is needed, as Encounter/[id].", _ENCOUNTER),)
    try:
        _, asked, known = link_of(desk, context, patient_id, key, reference)
    except (NotAnEntry, Conflict) as refused:
        texts = [fault.text for fault in refused.faults] or [refused.sentence]
        return None, tuple(_warning("business-rule", text, _ENCOUNTER) for text in texts)
    if reference.rpartition("/")[2] not in known:
        text = "No encounter of this patient with this id is known."
        return None, (_warning("business-rule", text, _ENCOUNTER),)
    misfits = set_fits(prompt_set, asked)
    if misfits:
        return None, tuple(_warning(one.code, one.text, _ENCOUNTER) for one in misfits)
    return reference.removeprefix("Encounter/"), ()


def _warning(code: str, text: str, place: str = "Parameters.parameter.where(name='context')") -> Fault:
    return Fault(code, text, place, severity="warning")
