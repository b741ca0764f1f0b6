"""Provenance: how one version of an entry came to be, by whom and why (product rule 11, W-40)."""

from service.audit.record import instant
from service.journal.entries import Cause, EntryVersion
from service.journal.rulings import Reason
from service.r4.canonical import BASE
from service.r4.elements import Json
from service.r4.raw_json import compact

ENTRY_CAUSES = f"{BASE}/CodeSystem/entry-causes"
DECISION_REASONS = f"{BASE}/CodeSystem/decision-reasons"
_OPERATION = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"
_PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_CREATE = {"system": _OPERATION, "code": "CREATE", "display": "create"}
_UPDATE = {"system": _OPERATION, "code": "UPDATE", "display": "revise"}
_AUTHOR = {"system": _PARTICIPANT, "code": "author", "display": "Author"}
_PERFORMER = {"system": _PARTICIPANT, "code": "performer", "display": "Performer"}
_ASSEMBLER = {"system": _PARTICIPANT, "code": "assembler", "display": "Assembler"}


def write(version: EntryVersion, *, id: str, device: str, base: str = "") -> bytes:  # noqa: A002 - FHIR's name
    """The Provenance of this version, as JSON.

    `device` is this service's name, which stands where it attached the entry by rule. With `base` our responses are
    named by their whole address, for a copy that is kept elsewhere. ValueError where `why` is no Reason.
    """
    said: Json = {
        "resourceType": "Provenance",
        "id": id,
        "target": [_response(version, version.version, base)],
        "recorded": instant(version.recorded_at),
    }
    if version.why is not None:
        said["reason"] = [{"coding": [{"system": DECISION_REASONS, "code": Reason(version.why).value}]}]
    elif version.because is not None and version.cause is Cause.SENT:
        said["reason"] = [{"text": version.because}]
    said |= {"activity": {"coding": _activity(version)}, "agent": [_agent(version, device)]}
    if version.before:
        said["entity"] = [{"role": "revision", "what": _response(version, version.before, base)}]
    return compact(said)


def _response(version: EntryVersion, number: int, base: str) -> Json:
    home = f"{base.rstrip('/')}/" if base else ""
    return {"reference": f"{home}QuestionnaireResponse/{version.id}/_history/{number}"}


def _activity(version: EntryVersion) -> list[Json]:
    """The kind of deed; what the patient sends again is an update like every later version."""
    operation = _UPDATE if version.before else _CREATE
    if version.cause is Cause.SENT:
        return [operation]
    return [operation, {"system": ENTRY_CAUSES, "code": version.cause.value}]


def _agent(version: EntryVersion, device: str) -> Json:
    if version.cause is Cause.SENT:
        return _acting(_AUTHOR, {"reference": f"Patient/{version.patient_id}"})
    if version.made_by is not None:
        return _acting(_PERFORMER, {"reference": version.made_by})
    return _acting(_ASSEMBLER, {"type": "Device", "display": device})


def _acting(kind: Json, who: Json) -> Json:
    return {"type": {"coding": [kind]}, "who": who}
