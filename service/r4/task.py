"""Task: an assigned set as a request to fill a form, in the shape SDC gives it (questionnaires-sdc F).

Two copies are written: ours, under our own base, and the record system's, which names what is ours by its address.
"""

from fhir.resources.R4B.task import Task

from service.audit.record import instant
from service.journal.assigned import AssignedSet, AssignedStatus
from service.journal.problems import Fault
from service.r4.canonical import BASE, URI_IDENTIFIER
from service.r4.elements import Json, identifiers, reference
from service.r4.raw_json import compact
from service.r4.validity import faults_of

PROFILE = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-task"
INFUSION_ORDINAL = f"{BASE}/StructureDefinition/infusion-ordinal"
INFUSION_EVIDENCE = f"{BASE}/StructureDefinition/infusion-evidence"
# Elements that come and go with the status: where one stands there and not here, the copy there is older.
OURS_ALONE = frozenset({"statusReason", "output"})
# T-03: R4 has no code for it, and nothing about the reason is known.
NOT_TODAY = {"text": "not today"}
_SDC = "http://hl7.org/fhir/uv/sdc/CodeSystem/temp"


def write(
    assigned: AssignedSet, *, base: str, group: str, clinic: str, requester: str | None = None
) -> bytes:
    """The Task as our own server shows it.

    `base` is the clinic's FHIR base with us, where the answers go; `group` is the UUID that the Tasks of one series
    share; `clinic` is its title, shown as who asks, and `requester` a literal reference to it where there is one.
    """
    head: Json = {
        "id": assigned.id,
        "meta": {
            "versionId": str(assigned.version),
            "lastUpdated": instant(assigned.changed_at),
            "profile": [PROFILE],
        },
    }
    return compact({"resourceType": "Task", **head, **_body(assigned, base, group, clinic, requester, "")})


def write_for_record_system(
    assigned: AssignedSet, *, base: str, group: str, clinic: str, requester: str | None = None
) -> bytes:
    """The Task as it is handed to the record system: no id and no meta, and our response under its whole address.

    Encounters and the patient are the record system's own, so they are named as it names them.
    """
    home = f"{base.rstrip('/')}/"
    return compact({"resourceType": "Task", **_body(assigned, base, group, clinic, requester, home)})


def faults_in(value: object) -> tuple[Fault, ...]:
    """What makes this no valid Task, whoever wrote it; none where it is one."""
    return faults_of(Task, value)


def identifiers_of(value: Json) -> tuple[tuple[str, str], ...]:
    """The (system, value) pairs of a Task's identifiers."""
    return identifiers(value, "identifier")


def patient_of(value: Json) -> str | None:
    """The literal reference to whom a Task is for, as written."""
    return reference(value, "for")


def _body(
    assigned: AssignedSet, base: str, group: str, clinic: str, requester: str | None, home: str
) -> Json:
    patient = {"reference": f"Patient/{assigned.patient_id}"}
    rejected = assigned.status is AssignedStatus.REJECTED
    return {
        "extension": _extensions(assigned),
        "identifier": [_named(assigned.id)],
        "groupIdentifier": _named(group),
        "status": assigned.status.value,
        **({"statusReason": dict(NOT_TODAY)} if rejected else {}),
        "intent": "order",
        "code": _sdc("complete-questionnaire", "Complete Questionnaire"),
        "for": patient,
        "encounter": {"reference": f"Encounter/{assigned.encounter_id}"},
        "authoredOn": instant(assigned.authored_on),
        # R4 inv-1: never before authoredOn.
        "lastModified": instant(max(assigned.changed_at, assigned.authored_on)),
        "requester": ({"reference": requester} if requester else {}) | {"display": clinic},
        "owner": patient,
        "restriction": {
            "period": {"start": instant(assigned.window_start), "end": instant(assigned.window_end)}
        },
        "input": [
            {
                "type": _sdc("questionnaire", "Questionnaire"),
                "valueCanonical": assigned.questionnaire,
            },
            {
                "type": _sdc("response-endpoint", "Response Endpoint"),
                "valueUrl": f"{base.rstrip('/')}/QuestionnaireResponse",
            },
        ],
        **_output(assigned, home),
    }


def _output(assigned: AssignedSet, home: str) -> Json:
    if assigned.status is not AssignedStatus.COMPLETED or assigned.entry_id is None:
        return {}
    response = {"reference": f"{home}QuestionnaireResponse/{assigned.entry_id}"}
    kind = _sdc("questionnaire-response", "Questionnaire Response")
    return {"output": [{"type": kind, "valueReference": response}]}


def _extensions(assigned: AssignedSet) -> list[Json]:
    """The place in the series and what it rests on (rule 9): the encounters, and the clinic's rule they met."""
    rests_on: list[Json] = [
        {"url": "encounter", "valueReference": {"reference": f"Encounter/{one}"}} for one in assigned.evidence
    ]
    if assigned.rule_version:
        rests_on.append({"url": "ruleVersion", "valueString": assigned.rule_version})
    ordinal: Json = {"url": INFUSION_ORDINAL, "valuePositiveInt": assigned.ordinal}
    return [ordinal, {"url": INFUSION_EVIDENCE, "extension": rests_on}] if rests_on else [ordinal]


def _named(uuid: str) -> Json:
    return {"system": URI_IDENTIFIER, "value": f"urn:uuid:{uuid}"}


def _sdc(code: str, display: str) -> Json:
    return {"coding": [{"system": _SDC, "code": code, "display": display}]}
