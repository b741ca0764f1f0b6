"""The authorization matrix's oracle, one line for each endpoint: who may come, and whose data lies there.

Written from the product's rules 13, 29, 30 and 31, not from the code. A new route needs a line here: `fhir(...)` with
the variables of its rule that name somebody's things, as {"response_id": "entry"}; the slots are matrix_behind's.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.factories import keyed, response
from tests.proofs.matrix_behind import Slot
from tests.world import World

Body = Callable[[World, Slot], object]
Fields = Mapping[str, str]

PATIENT, CLINICIAN, OFFICER, PUBLIC, SECRET = "patient", "clinician", "officer", "public", "secret"
FHIR, EXPORT = "fhir", "export"  # the clinic's two bases, each with tokens of its own
PAGES = (PATIENT, CLINICIAN, OFFICER)
READERS = frozenset({"patient-app", "staff-app", "backend", "strange-backend"})
WRITERS = frozenset({"patient-app"})  # what is kept as the patient's words comes from the patient alone
LOG_READERS = frozenset({"officer-app", "backend"})

# What a request may name that is nobody's.
_NOBODYS = frozenset({"fresh", "set", "revision"})

# What the variables are filled with that name nobody's things.
FIXED: Slot = {
    "version": "1",
    "number": "1",
    "kind": "patient",
    "filename": "journal.css",
    "definition": "Questionnaire",
    "resource_id": "after-infusion-1",
    "bundle_id": "prompt-sets",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One way to ask at an endpoint. `names` fill the rule's variables, `query`, `form` and `body` all else, by slot;
    `told` are those in the body.

    `opened` are the answers to somebody who may, `again` those where an earlier request did it already; `foreign` is
    how what lies out of reach is answered, exactly as what is not there. `shows` must stand in an open answer.
    `over_patients`: any patient of the clinic for its care team, `team_only`: nobody else at all (rule 29).
    `unsent`: a draft, which is its patient's alone (rule 13).
    `of_the_log`: everybody's accesses, and nobody's words; `any_name`: whoever is named is neither in reach nor out.
    `match`: what has to be named in If-Match, at its version. Without `needs_scope` any good token comes in.
    """

    door: str
    names: Fields = field(default_factory=dict)
    query: str = ""
    form: Fields | None = None
    body: Body | None = None
    told: tuple[str, ...] = ()
    opened: frozenset[int] = frozenset({200})
    again: frozenset[int] = frozenset()
    foreign: frozenset[int] = frozenset({404})
    shows: str = ""
    kinds: frozenset[str] = READERS
    over_patients: bool = False
    team_only: bool = False
    unsent: bool = False
    of_the_log: bool = False
    any_name: bool = False
    needs_scope: bool = True
    match: str = ""
    methods: frozenset[str] = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
    ends_visit: bool = False

    @property
    def about_somebody(self) -> bool:
        """Whether the request names somebody's things, so that it matters whose."""
        if self.any_name or self.door == SECRET:
            return False
        return bool(self.uses)

    @property
    def uses(self) -> frozenset[str]:
        """Which of somebody's things the request names."""
        texts = " ".join((self.query, *(self.form or {}).values()))
        return (
            frozenset(self.names.values()) | frozenset(self.told) | frozenset(re.findall(r"{(\w+)}", texts))
        ) - _NOBODYS


def patient(names: Fields | None = None, **more: Any) -> Row:
    """A page of the patient's own, who is the only one to have it."""
    return Row(PATIENT, names or {}, **more)


def clinician(names: Fields | None = None, **more: Any) -> Row:
    """A page at the chart that is open."""
    return Row(CLINICIAN, names or {}, **more)


def officer(names: Fields | None = None, **more: Any) -> Row:
    """A page of the log, where everybody's accesses stand and nobody's words."""
    return Row(OFFICER, names or {}, of_the_log=True, any_name=True, **more)


def fhir(names: Fields | None = None, **more: Any) -> Row:
    """A read or search at the clinic's FHIR base, for whoever holds a token of the clinic for it."""
    return Row(FHIR, names or {}, **more)


def log(names: Fields | None = None, **more: Any) -> Row:
    """A read or search of the log at a FHIR base, for the clinic's officers and the systems it listed."""
    return Row(FHIR, names or {}, of_the_log=True, kinds=LOG_READERS, **more)


def exported(names: Fields | None = None, **more: Any) -> Row:
    """The same log at the export base, for the clients that the clinic registered there."""
    return Row(EXPORT, names or {}, of_the_log=True, kinds=frozenset({"export-client"}), **more)


def searches(shows: str, own_id: str, **more: Any) -> tuple[Row, ...]:
    """A search for all, for one patient's (a stranger's name is refused as such), and for one resource by its id."""
    return (
        fhir(query=""),
        fhir(query="patient={patient}", shows=shows, foreign=frozenset({403}), **more),
        fhir(query=f"_id={{{own_id}}}", shows=own_id, foreign=_FOUND_NOTHING, **more),
    )


def public(*opened: int, **more: Any) -> Row:
    """A door that asks nobody, and says the same to everybody."""
    return Row(PUBLIC, opened=frozenset(opened or {200}), **more)


def _sent_by_app(world: World, slot: Slot) -> object:
    return response(world, name=slot["patient"], encounter=None, identifier=keyed(slot["fresh"]))


def _at_visit(world: World, slot: Slot) -> object:
    """One's own words, at the visit of somebody."""
    return response(
        world, ordinal=5, name=slot["me"], encounter=slot["place"], identifier=keyed(slot["fresh"])
    )


def _changed(_: World, slot: Slot) -> object:
    """What is kept already, so that it may be put again and again."""
    kept: dict[str, object] = json.loads(slot["response"])
    return kept | {"id": slot["entry"], "subject": {"reference": f"Patient/{slot['patient']}"}}


def _nothing(_: World, __: Slot) -> object:
    return {}


def _declined(_: World, slot: Slot) -> object:
    """Not today."""
    kept: dict[str, object] = json.loads(slot["task_said"])
    return kept | {"id": slot["open_task"], "status": "rejected"}


def _batch(_: World, slot: Slot) -> object:
    entry = {"request": {"method": "GET", "url": f"QuestionnaireResponse/{slot['entry']}"}}
    return {"resourceType": "Bundle", "type": "batch", "entry": [entry]}


def _validated(world: World, slot: Slot) -> object:
    return response(world, name=slot["patient"], encounter=None)


def _subject(world: World, slot: Slot) -> object:
    subject = {"name": "subject", "valueReference": {"reference": f"Patient/{slot['patient']}"}}
    return {"resourceType": "Parameters", "parameter": [*_named(world), subject]}


def _subject_alone(world: World, slot: Slot) -> object:
    subject = {"name": "subject", "valueReference": {"reference": f"Patient/{slot['patient']}"}}
    return {"resourceType": "Parameters", "parameter": [subject]}


def _named(world: World) -> list[dict[str, str]]:
    prompt_set = world.desk.library.for_ordinal(1)
    assert prompt_set is not None
    return [{"name": "questionnaire", "valueCanonical": prompt_set.canonical}]


def _autosaved(_: World, slot: Slot) -> object:
    return {"revision": int(slot["revision"]), "answers": []}


_GET, _POST = frozenset({"GET", "HEAD", "OPTIONS"}), frozenset({"POST"})
_DONE, _TAKEN = frozenset({303}), frozenset({409})
_REFUSED = frozenset({403})
_NOT_MADE = frozenset({405})  # nothing is made by its id
_STALE = frozenset({409, 412})
_FOUND_NOTHING = frozenset({200})
_DOCUMENT = {"document_id": "entry"}  # a summary has its entry's id
_UNSENT = {"response_id": "unsent"}
_DRAFT, _ENTRY = {"key": "draft"}, {"response_id": "entry"}
_WHY = {"why": "other", "patient": "{patient}"}
_REVISION = {"revision": "{revision}"}

ROWS: Mapping[str, tuple[Row, ...]] = {
    # What anybody may have.
    "static": (public(),),
    "health.live": (public(),),
    "health.ready": (public(),),
    "health.room": (public(),),
    "health.keys": (public(),),
    "launch.start": (public(303),),
    "launch.ehr": (public(400),),
    "launch.callback": (public(400),),
    "fhir_api.metadata": (public(),),
    "fhir_api.discovery": (public(),),
    "fhir_api.questionnaires": (public(),),
    "fhir_api.questionnaire": (public(),),
    "fhir_bundles.read": (public(),),
    "fhir_questionnaires.read_past": (public(),),
    "fhir_questionnaires.read_all_versions": (public(),),
    "notifications.receive": (Row(SECRET, body=_nothing, foreign=frozenset({401, 403, 404})),),
    # The patient's own pages.
    "patient.home": (patient(),),
    "patient.refresh": (patient(form={}, opened=_DONE),),
    "patient.begin": (
        patient(form={"key": "{fresh}", "encounter": "{free}"}, opened=_DONE, again=_TAKEN),
        patient(form={"key": "{draft}", "encounter": "{begun}"}, opened=_DONE),
    ),
    "patient.begin_at_once": (
        patient(form={"key": "{fresh}", "set": "{set}"}, opened=_DONE, again=_TAKEN),
    ),
    "patient.prompt": (
        patient(_DRAFT, methods=_GET),
        patient(_DRAFT, methods=_POST, form={"text": "more", "go": "save"} | _REVISION, opened=_DONE),
    ),
    "patient.all_prompts": (
        patient(_DRAFT, methods=_GET),
        patient(_DRAFT, methods=_POST, form={"go": "all"} | _REVISION, opened=_DONE),
    ),
    "late.show": (patient(_DRAFT, opened=_DONE),),
    "late.choose": (patient(_DRAFT, form={"shown": ""} | _REVISION, opened=_DONE),),
    "patient.autosave": (patient(_DRAFT, body=_autosaved),),
    "patient.check": (patient(_DRAFT),),
    "patient.send": (patient({"key": "to_send"}, form={"revision": "2"}, opened=_DONE, again=_STALE),),
    "patient.stop": (patient({"key": "stopped"}, form={}),),
    "patient.receipt": (patient({"key": "sent"}),),
    # This clinic holds nothing: it is too late for everybody who may ask.
    "changes.take_back": (patient({"key": "sent"}, form={}, opened=_TAKEN),),
    "changes.change": (patient({"key": "sent"}, form={}, opened=_DONE),),
    "changes.leave": (patient({"key": "sent"}, form={}, opened=_DONE),),
    "changes.mistake": (
        patient({"key": "sent"}, methods=_GET),
        patient({"key": "wrong"}, methods=_POST, form={}, opened=_DONE),
    ),
    "patient.copy": (patient({"key": "sent"}),),
    "patient.course": (patient(),),
    "patient.sign_out": (patient(form={}, ends_visit=True),),
    # The clinician's pages: the chart that is open, and over patients for the care team.
    "clinician.newest": (clinician(),),
    "clinician.entry": (clinician({"entry_id": "entry"}), clinician({"entry_id": "unsent"}, unsent=True)),
    "clinician.side_by_side": (clinician(),),
    "clinician.course": (clinician(),),
    "clinician.move": (
        clinician(
            form=_WHY | {"entry": "{spare}", "target": "no infusion"},
            opened=_DONE,
            again=frozenset({409, 422}),
            over_patients=True,
        ),
    ),
    "clinician.mark_read": (
        clinician({"entry_id": "entry"}, form={"version": "1"}, opened=_DONE, team_only=True),
    ),
    "clinician.sign_out": (clinician(form={}, ends_visit=True),),
    "visits.show": (clinician(),),
    "visits.worklist": (clinician(over_patients=True, team_only=True),),
    "visits.decide": (
        # There is no such item on anybody's list: whoever may decide is told that it is gone.
        clinician(form=_WHY | {"item": "x", "way": "leave"}, opened=_TAKEN, over_patients=True),
    ),
    "visits.say": (
        clinician(
            form=_WHY | {"kind": "series-begins", "encounter": "{encounter}"}, opened=_DONE, over_patients=True
        ),
    ),
    "visits.take_back": (clinician(form=_WHY | {"ruling": "{ruling}"}, opened=_DONE, over_patients=True),),
    "owed.show": (clinician(),),
    "owed.of_all": (clinician(over_patients=True, team_only=True),),
    "owed.send": (
        clinician(
            form={"patient": "{patient}", "filing": "{parked}"},
            opened=_DONE,
            again=_TAKEN,
            over_patients=True,
        ),
    ),
    "owed.paper": (clinician({"filing_id": "filed"}),),
    # The officer's pages.
    "compliance.log": (officer(), officer(query="patient={patient}")),
    "compliance.who": (officer({"patient_id": "patient"}),),
    "compliance.export": (officer(), officer(query="patient={patient}")),
    "compliance.verify": (officer(form={}),),
    "compliance.sign_out": (officer(form={}, ends_visit=True),),
    # The FHIR base.
    "fhir_api.read": (fhir(_ENTRY, shows="entry"), fhir(_UNSENT, shows="unsent", unsent=True)),
    "fhir_api.read_past": (fhir(_ENTRY, shows="entry"),),
    "fhir_api.read_all_versions": (fhir(_ENTRY, shows="entry"),),
    "fhir_api.search": searches("entry", "entry"),
    "fhir_updates.update": (
        fhir(_ENTRY, body=_changed, told=("entry",), kinds=WRITERS, match="response", again=_STALE, foreign=_NOT_MADE),
    ),
    "fhir_batch.take": (fhir(body=_batch, told=("entry",), shows="entry", foreign=_FOUND_NOTHING, needs_scope=False),),
    "fhir_api.create": (
        fhir(body=_sent_by_app, told=("patient",), kinds=WRITERS, opened=frozenset({201}), foreign=frozenset({422})),
        fhir(
            body=_at_visit, told=("place",),
            kinds=WRITERS,
            opened=frozenset({201}),
            again=frozenset({409, 422}),
            foreign=frozenset({422}),
        ),
    ),
    "fhir_operations.validate": (fhir(body=_validated, told=("patient",), kinds=WRITERS, foreign=_FOUND_NOTHING),),
    "fhir_operations.validate_kept": (fhir(_ENTRY, body=_changed, told=("entry",), kinds=WRITERS),),
    "fhir_operations.populate": (fhir(body=_subject, told=("patient",), kinds=WRITERS, foreign=_REFUSED),),
    "fhir_operations.populate_one": (fhir(body=_subject_alone, told=("patient",), kinds=WRITERS, foreign=_REFUSED),),
    "fhir_tasks.read": (fhir({"task_id": "task"}, shows="task"),),
    "fhir_tasks.update": (
        fhir(
            {"task_id": "open_task"},
            body=_declined, told=("open_task",),
            kinds=WRITERS,
            match="task",
            again=frozenset({409, 412, 422}),
            foreign=_NOT_MADE,
        ),
    ),
    "fhir_tasks.read_past": (fhir({"task_id": "task", "version": "task_version"}, shows="task"),),
    "fhir_tasks.read_all_versions": (fhir({"task_id": "task"}, shows="task"),),
    "fhir_tasks.search": searches("task", "task"),
    "fhir_encounters.read": (fhir({"encounter_id": "encounter"}, shows="encounter"),),
    "fhir_encounters.search": searches("encounter", "encounter"),
    "fhir_provenance.read": (fhir({"provenance_id": "provenance"}, shows="provenance"),),
    "fhir_provenance.search": searches("provenance", "provenance"),
    "fhir_documents.read": (fhir(_DOCUMENT, shows="entry"),),
    "fhir_documents.read_past": (fhir(_DOCUMENT, shows="entry"),),
    "fhir_documents.read_all_versions": (fhir(_DOCUMENT, shows="entry"),),
    "fhir_documents.search": searches("entry", "entry"),
    "fhir_binaries.read": (fhir({"summary_id": "binary"}),),
    "fhir_audit_events.read": (log({"event_id": "event"}, shows="event"),),
    "fhir_audit_events.search": (log(), log(query="patient={patient}", any_name=True)),
    # The export base, for the clients that the clinic registered with us.
    "export_base.metadata": (public(),),
    "export_base.discovery": (public(),),
    "export_base.token": (Row(SECRET, form={}, foreign=frozenset({400, 401, 404})),),
    "export_base.read": (exported({"event_id": "event"}, shows="event"),),
    "export_base.search": (exported(), exported(query="patient={patient}", any_name=True)),
}  # fmt: skip
