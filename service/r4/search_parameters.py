"""R4's search parameters that we offer, by resource type: the one table that searches are read by and offered from.

Each names the field of ours that it asks about (`service.journal.conditions`). What R4 defines beside these has no
field here (fhir-rest F), and is refused.
"""

from dataclasses import dataclass

from service.journal.assigned import AssignedStatus
from service.journal.entries import EntryStatus
from service.r4.canonical import URI_IDENTIFIER

_UUID = "urn:uuid:"
_PATIENT = ("Patient",)
_ENCOUNTER = ("Encounter",)
_SDC = "http://hl7.org/fhir/uv/sdc/CodeSystem/temp"
# All codes of R4: those that nothing of ours ever has find nothing.
_TASK_STATUSES = frozenset(AssignedStatus) | {
    *("accepted", "draft", "entered-in-error", "in-progress", "on-hold", "ready", "received")
}
_ENCOUNTER_STATUSES = frozenset(
    {
        *("planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled"),
        *("entered-in-error", "unknown"),
    }
)
_PUBLICATION = "http://hl7.org/fhir/publication-status"
_BOOLEANS = "http://terminology.hl7.org/CodeSystem/special-values"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One search parameter: R4's name and type for it, and the field it asks about.

    A token's field holds codes of the one `system`; None where each value is written with its own, in every form in
    which it may be asked for. `codes` are all that R4 allows. `prefix` stands before a field's value in FHIR and not
    in the field. `constant` is the value that every resource of ours has. `targets` are what a reference may name,
    `versioned` whether it may name one version of it. `sorts` says whether one may sort by it.
    """

    name: str
    type: str
    field: str
    system: str | None = ""
    codes: frozenset[str] | None = None
    prefix: str = ""
    constant: str | None = None
    targets: tuple[str, ...] = ()
    versioned: bool = False
    sorts: bool = False


def _token(name: str, field: str, system: str | None = "", codes: frozenset[str] | None = None) -> Parameter:
    return Parameter(name, "token", field, system, codes, sorts=name == "status")


def _uuid(field: str) -> Parameter:
    return Parameter("identifier", "token", field, URI_IDENTIFIER, prefix=_UUID)


def _date(name: str, field: str, *, sorts: bool = True) -> Parameter:
    return Parameter(name, "date", field, sorts=sorts)


def _reference(name: str, field: str, targets: tuple[str, ...]) -> Parameter:
    return Parameter(name, "reference", field, targets=targets)


RESPONSES = (
    _token("_id", "id"),
    _date("_lastUpdated", "changed_at"),
    # Each response has its patient as author and source (W-06, rule 30).
    _reference("author", "patient_id", _PATIENT),
    _date("authored", "authored"),
    _reference("encounter", "encounter_id", _ENCOUNTER),
    _uuid("key"),
    _reference("patient", "patient_id", _PATIENT),
    _reference("questionnaire", "questionnaire", ()),
    _reference("source", "patient_id", _PATIENT),
    _token("status", "status", "http://hl7.org/fhir/questionnaire-answers-status", frozenset(EntryStatus)),
    _reference("subject", "patient_id", _PATIENT),
)

TASKS = (
    _token("_id", "id"),
    _date("_lastUpdated", "changed_at"),
    _date("authored-on", "authored_on"),
    Parameter("code", "token", "code", _SDC, constant="complete-questionnaire"),
    _reference("encounter", "encounter_id", _ENCOUNTER),
    _uuid("id"),
    Parameter("intent", "token", "intent", "http://hl7.org/fhir/request-intent", constant="order"),
    _date("modified", "changed_at"),
    _reference("owner", "patient_id", _PATIENT),
    _reference("patient", "patient_id", _PATIENT),
    _token("status", "status", "http://hl7.org/fhir/task-status", _TASK_STATUSES),
    _reference("subject", "patient_id", _PATIENT),
)

PROVENANCES = (
    _token("_id", "id"),
    _date("_lastUpdated", "changed_at", sorts=False),
    _reference("patient", "patient_id", _PATIENT),
    _date("recorded", "recorded_at", sorts=False),
    Parameter("target", "reference", "target", targets=("QuestionnaireResponse",), versioned=True),
)

ENCOUNTERS = (
    _token("_id", "id"),
    _date("_lastUpdated", "seen_at", sorts=False),
    _token("class", "class", None),
    _date("date", "period", sorts=False),
    _reference("patient", "patient_id", _PATIENT),
    Parameter("status", "token", "status", "http://hl7.org/fhir/encounter-status", _ENCOUNTER_STATUSES),
    _reference("subject", "patient_id", _PATIENT),
    _token("type", "type", None),
)

_PUBLISHED = (
    _token("_id", "id"),
    _date("date", "date"),
    Parameter("description", "string", "description"),
    Parameter("name", "string", "name", sorts=True),
    Parameter("publisher", "string", "publisher"),
    _token("status", "status", _PUBLICATION),
    Parameter("title", "string", "title", sorts=True),
    Parameter("url", "uri", "url"),
    _token("version", "version"),
)
_QUESTIONNAIRES = (
    *_PUBLISHED,
    _token("code", "code", None),
    Parameter("effective", "date", "effective"),
    # SDC's own, since R4 defines none (sdc-form-fill-manager).
    _token("experimental", "experimental", _BOOLEANS),
    _token("identifier", "identifier", None),
    _token("subject-type", "subject-type", "http://hl7.org/fhir/resource-types"),
)

BY_TYPE: dict[str, tuple[Parameter, ...]] = {
    "QuestionnaireResponse": RESPONSES,
    "Task": TASKS,
    "Provenance": PROVENANCES,
    "Encounter": ENCOUNTERS,
    "Questionnaire": _QUESTIONNAIRES,
    # R4 defines these types' search parameters together, under one name.
    **dict.fromkeys(
        ("CapabilityStatement", "CodeSystem", "OperationDefinition", "StructureDefinition", "ValueSet"),
        _PUBLISHED,
    ),
}
