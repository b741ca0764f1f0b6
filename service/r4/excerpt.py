"""Parts of resources, as _summary and _elements ask for them; each says by a tag that it is not the whole (I-78).

Elements are those at the top of a resource: what stands inside one comes or goes with it. Kept members keep
their very bytes.
"""

import json
from collections.abc import Callable, Collection

from service.r4 import canonical
from service.r4.elements import Json, part, parts
from service.r4.raw_json import with_member

SUBSETTED: Json = {"system": canonical.OBSERVATION_VALUE, "code": "SUBSETTED"}
_ALWAYS = frozenset({"resourceType", "id", "meta", "implicitRules"})


def _names(written: str) -> frozenset[str]:
    return frozenset(written.split())


_DEFINITION = _names(
    "contact date experimental identifier jurisdiction name publisher status title url useContext version"
)
# The elements that R4 marks as summary, of each type that is served.
SUMMARY: dict[str, frozenset[str]] = {
    "AuditEvent": _names("action outcome outcomeDesc purposeOfEvent recorded subtype type"),
    "Binary": _names("contentType securityContext"),
    "CapabilityStatement": _DEFINITION - {"identifier"}
    | _names("document fhirVersion format implementation implementationGuide imports instantiates kind")
    | _names("messaging patchFormat rest software"),
    "CodeSystem": _DEFINITION
    | _names("caseSensitive compositional content count filter hierarchyMeaning property supplements")
    | _names("valueSet versionNeeded"),
    "DocumentReference": _names("author category content context date description docStatus identifier")
    | _names("masterIdentifier relatesTo securityLabel status subject type"),
    "Encounter": _names("appointment class diagnosis episodeOfCare identifier participant reasonCode")
    | _names("reasonReference serviceType status subject type"),
    "OperationDefinition": _DEFINITION - {"identifier"}
    | _names("affectsState base code instance kind resource system type"),
    "Provenance": _names("recorded target"),
    "Questionnaire": _DEFINITION | _names("code effectivePeriod subjectType"),
    "QuestionnaireResponse": _names(
        "author authored basedOn encounter identifier partOf questionnaire source status subject"
    ),
    "StructureDefinition": _DEFINITION
    | _names("abstract baseDefinition context contextInvariant derivation fhirVersion keyword kind type"),
    "Task": _names(
        "basedOn businessStatus code description encounter executionPeriod focus for groupIdentifier"
    )
    | _names("instantiatesCanonical instantiatesUri intent lastModified location owner partOf requester")
    | _names("status statusReason"),
    "ValueSet": _DEFINITION | {"immutable"},
}
# The elements without which a resource of the type is none.
MANDATORY: dict[str, frozenset[str]] = {
    "AuditEvent": _names("agent recorded source type"),
    "Binary": _names("contentType"),
    "CapabilityStatement": _names("date fhirVersion format kind status"),
    "CodeSystem": _names("content status"),
    "DocumentReference": _names("content status"),
    "Encounter": _names("class status"),
    "OperationDefinition": _names("code instance kind name status system type"),
    "Provenance": _names("agent recorded target"),
    "Questionnaire": _names("status"),
    "QuestionnaireResponse": _names("status"),
    "StructureDefinition": _names("abstract kind name status type url"),
    "Task": _names("intent status"),
    "ValueSet": _names("status"),
}


def summary(raw: bytes) -> bytes:
    """The resource's summary elements, and those without which it is none."""
    value = json.loads(raw)
    kind = value["resourceType"]
    return _kept(raw, value, (SUMMARY[kind] | MANDATORY[kind]).__contains__)


def text_alone(raw: bytes) -> bytes:
    """The resource's narrative, and the elements without which it is none."""
    return elements(raw, {"text"})


def without_text(raw: bytes) -> bytes:
    """The resource without its narrative."""
    return _kept(raw, json.loads(raw), lambda name: name != "text")


def elements(raw: bytes, wanted: Collection[str]) -> bytes:
    """The elements asked for by name, and those without which the resource is none."""
    value = json.loads(raw)
    kept = MANDATORY[value["resourceType"]] | set(wanted)
    return _kept(raw, value, kept.__contains__)


def _kept(raw: bytes, value: Json, wanted: Callable[[str], bool]) -> bytes:
    # "_status" holds what is said about "status", and goes the same way.
    for name in value:
        if name not in _ALWAYS and not wanted(name.removeprefix("_")):
            raw = with_member(raw, name, None)
    meta = part(value, "meta")
    return with_member(raw, "meta", meta | {"tag": [*parts(meta, "tag"), SUBSETTED]})
