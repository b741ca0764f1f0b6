"""Going through a filing on the clinic's test patient without sending it: made, checked, each request told (W-62).

The code that files is the very one that would; only the record system under it writes nothing down. Its reads are
real, so they are remembered.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from service.audit.record import Deed
from service.ehr.outcome import Outcome
from service.ehr.rehearsal import Rehearsal, Request
from service.ehr.write_back import file_document, strike_document, supersede_document
from service.journal.problems import Fault
from service.r4 import document_reference
from service.summary.content import CannotRender
from service.summary.renditions import Rendition
from service.workflow.desk import ClinicDesk, Desk
from service.workflow.practice_document import Practice, encounter_for, operator, practice_summary
from service.workflow.remember import before_answering, record


@dataclass(frozen=True, slots=True)
class Form:
    """One form of the summary, and its bytes; none where it could not be made. `fits` into what the clinic sends."""

    rendition: Rendition
    length: int | None
    fits: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that filing does, how it would end, and the requests that it would make."""

    what: str
    outcome: Outcome
    requests: tuple[Request, ...]


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What would be sent: the forms in their order, what is wrong with the document, and the steps.

    Without a form that fits there is no document, and no step.
    """

    forms: tuple[Form, ...]
    faults: tuple[Fault, ...]
    steps: tuple[Step, ...]


def rehearse(desk: Desk, clinic_key: str, patient_id: str) -> Rehearsed:
    """File, replace and strike a document of this test patient's, as far as the wire.

    CannotProve where the patient or the encounter that is needed is not there; RecordSystemProblem and SmartProblem
    while they are looked up.
    """
    clinic, context = desk.clinic(clinic_key), operator(desk, clinic_key, patient_id)
    looked = record(desk, context, Deed.CONFIGURATION, patient=patient_id, reason="filing-rehearsed")
    before_answering(desk, context, [looked])
    rehearsal = Rehearsal(clinic.for_delivery)
    encounter_id = encounter_for(clinic, rehearsal, patient_id)
    made = list(_made(desk, clinic))
    forms = tuple(form for form, _ in made)
    fitting = next(((form, data) for form, data in made if form.fits), None)
    if fitting is None:
        return Rehearsed(forms, (), ())
    form, data = fitting
    entry = f"urn:uuid:{desk.new_id()}"
    practice = Practice(clinic, entry, patient_id, encounter_id, form.rendition, data, desk.now())
    steps = _Rehearsing(desk, clinic, rehearsal, practice).steps()
    return Rehearsed(forms, document_reference.faults(practice.document(entry)), tuple(steps))


def _made(desk: Desk, clinic: ClinicDesk) -> Iterator[tuple[Form, bytes]]:
    """Each form that the clinic files in, the first one first."""
    summary = practice_summary(clinic, desk.now())
    for rendition in clinic.filing.renditions:
        try:
            data = desk.render(summary, rendition)
        except CannotRender:
            yield Form(rendition, None, fits=False), b""
            continue
        yield Form(rendition, len(data), len(data) <= clinic.filing.most_bytes), data


@dataclass(frozen=True, slots=True)
class _Rehearsing:
    desk: Desk
    clinic: ClinicDesk
    rehearsal: Rehearsal
    practice: Practice

    def steps(self) -> Iterator[Step]:
        """A first version, one in its place, and the end of both, as far as the record system lets us change things."""
        first, second = (f"urn:uuid:{self.desk.new_id()}" for _ in range(2))
        known: list[str] = []
        yield self._step("A summary is filed", lambda: self._file(first, None, known))
        rules = self.clinic.filing
        old = known[0] if known else None
        later = old if rules.replaces else None
        yield self._step("Its patient changes it", lambda: self._file(second, later, known))
        if not rules.updates or old is None:
            return
        yield self._step("The old one is marked", lambda: supersede_document(self.rehearsal, old, first))
        yield self._step(
            "It was entered in error", lambda: strike_document(self.rehearsal, known[-1], second)
        )

    def _file(self, identifier: str, replaces: str | None, known: list[str]) -> Outcome:
        body = self.practice.document(identifier, replaces)
        outcome = file_document(self.rehearsal, self.clinic.filing.standing, body, identifier)
        known += [id_] if (id_ := getattr(outcome, "id", None)) else []
        return outcome

    def _step(self, what: str, does: Callable[[], Outcome]) -> Step:
        before = len(self.rehearsal.requests)
        outcome = does()
        return Step(what, outcome, tuple(self.rehearsal.requests[before:]))
