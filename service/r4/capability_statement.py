"""CapabilityStatement: what our FHIR door offers, said once as data and written from it.

`OFFERED` is the source: the statement, the routes and fhir/CapabilityStatement must agree with it, and tests
compare them (fhir-rest A, I-101).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from service.r4 import canonical, document_reference, scope_constraints, task
from service.r4.elements import Json
from service.r4.questionnaire_response import SDC_PROFILE
from service.r4.raw_json import compact
from service.r4.search_parameters import BY_TYPE


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """One search parameter of R4 and its type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: its code, and the id of the OperationDefinition that we publish for it."""

    code: str
    definition: str


@dataclass(frozen=True, slots=True)
class Offered:
    """What may be done with one resource type. `keeps_past`: whether versions but the newest are read as well."""

    type: str
    profiles: tuple[str, ...]
    interactions: tuple[str, ...]
    search: tuple[SearchParameter, ...]
    versioning: str
    includes: tuple[str, ...] = ()
    revincludes: tuple[str, ...] = ()
    conditional_create: bool = False
    operations: tuple[Operation, ...] = ()
    keeps_past: bool = False


def _searched(kind: str) -> tuple[SearchParameter, ...]:
    """What the searches of this type are read by."""
    return tuple(SearchParameter(one.name, one.type) for one in BY_TYPE[kind])


# R4 defines search parameters that several types share under one name: all of these types', and some of others.
_CONFORMANCE = ("CapabilityStatement", "CodeSystem", "OperationDefinition", "StructureDefinition", "ValueSet")

_CLINICAL = {
    "DocumentReference": ("encounter", "identifier", "patient", "type"),
    "Encounter": ("date", "patient", "type"),
}

# What a record of ours has no field for is not offered: service/web/audit_event_search says which.
_AUDIT_EVENT = Offered(
    "AuditEvent",
    (),
    ("read", "search-type"),
    (
        SearchParameter("_id", "token"),
        SearchParameter("_lastUpdated", "date"),
        SearchParameter("action", "token"),
        SearchParameter("address", "string"),
        SearchParameter("agent", "reference"),
        SearchParameter("agent-role", "token"),
        SearchParameter("date", "date"),
        SearchParameter("entity", "reference"),
        SearchParameter("entity-type", "token"),
        SearchParameter("outcome", "token"),
        SearchParameter("patient", "reference"),
        SearchParameter("subtype", "token"),
        SearchParameter("type", "token"),
    ),
    "no-version",
)
# At a clinic's export base, for backend clients registered with us.
EXPORT_OFFERED = (_AUDIT_EVENT,)

OFFERED = (
    Offered(
        "Questionnaire",
        ("http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire",),
        ("history-instance", "read", "search-type", "vread"),
        _searched("Questionnaire"),
        "versioned",
        operations=(Operation("populate", "questionnaire-populate"),),
        keeps_past=True,
    ),
    Offered(
        "QuestionnaireResponse",
        (SDC_PROFILE,),
        ("create", "history-instance", "read", "search-type", "update", "vread"),
        _searched("QuestionnaireResponse"),
        "versioned-update",
        includes=("QuestionnaireResponse:encounter", "QuestionnaireResponse:questionnaire"),
        revincludes=("Provenance:target",),
        conditional_create=True,
        operations=(Operation("validate", "response-validate"),),
        keeps_past=True,
    ),
    Offered(
        "Task",
        (task.PROFILE,),
        ("history-instance", "read", "search-type", "update", "vread"),
        _searched("Task"),
        "versioned-update",
        includes=("Task:encounter",),
    ),
    Offered(
        "Provenance",
        (),
        ("read", "search-type"),
        _searched("Provenance"),
        "versioned",
    ),
    Offered(
        "Encounter",
        (),
        ("read", "search-type"),
        _searched("Encounter"),
        "no-version",
    ),
    Offered(
        "DocumentReference",
        (),
        ("history-instance", "read", "search-type", "vread"),
        tuple(SearchParameter(one.name, one.type) for one in document_reference.SEARCHED),
        "versioned",
        includes=("DocumentReference:encounter",),
        keeps_past=True,
    ),
    Offered("Binary", (), ("read",), (), "no-version"),
    _AUDIT_EVENT,
    Offered("Bundle", (), ("read",), (), "no-version"),
    *(Offered(kind, (), ("read", "search-type"), _searched(kind), "no-version") for kind in _CONFORMANCE),
)

# What is asked of the base itself.
OF_THE_WHOLE = ("batch",)

_OAUTH = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
_FORMATS = ("json", "application/fhir+json")
_SMART = {
    "system": "http://terminology.hl7.org/CodeSystem/restful-security-service",
    "code": "SMART-on-FHIR",
    "display": "SMART-on-FHIR",
}


def write(
    base: str,
    software_version: str,
    published: date,
    *,
    offered: Sequence[Offered] = OFFERED,
    cors: bool = False,
    endpoints: tuple[str, str] | None = None,
) -> bytes:
    """The statement of the instance whose FHIR base is `base` (I-101). `cors`: whether pages elsewhere may call it.

    `endpoints` are the addresses for authorize and token, which SMART 1 clients look for here; None: left out.
    """
    said = (
        [{"url": _OAUTH, "extension": list(map(_endpoint, ("authorize", "token"), endpoints))}]
        if endpoints
        else []
    )
    return compact(
        {
            "resourceType": "CapabilityStatement",
            "status": "active",
            "date": published.isoformat(),
            "kind": "instance",
            "software": {"name": "Infusion Journal", "version": software_version},
            "implementation": {"description": "Journal prompts after an infusion", "url": base},
            "fhirVersion": "4.0.1",
            "format": list(_FORMATS),
            "rest": [
                {
                    "mode": "server",
                    "security": {
                        **({"extension": said} if said else {}),
                        "cors": cors,
                        "service": [{"coding": [_SMART]}],
                        "description": _narrowed_by(),
                    },
                    "resource": [_resource(one) for one in offered],
                    "interaction": [{"code": code} for code in OF_THE_WHOLE],
                }
            ],
        }
    )


def _narrowed_by() -> str:
    """Which constraints a scope may carry (SMART B-14): a client learns here that no other is granted."""
    said = (f"{kind} by {', '.join(sorted(names))}" for kind, names in scope_constraints.OFFERED.items())
    return f"Scopes of reading and searching may be narrowed: {'; '.join(said)}. Any other constraint grants nothing."


def _endpoint(name: str, address: str) -> Json:
    return {"url": name, "valueUri": address}


def _resource(one: Offered) -> Json:
    return {
        "type": one.type,
        **({"supportedProfile": list(one.profiles)} if one.profiles else {}),
        "interaction": [{"code": code} for code in one.interactions],
        "versioning": one.versioning,
        "readHistory": one.keeps_past,
        "updateCreate": False,
        "conditionalCreate": one.conditional_create,
        **({"searchInclude": list(one.includes)} if one.includes else {}),
        **({"searchRevInclude": list(one.revincludes)} if one.revincludes else {}),
        **({"searchParam": [_search_parameter(one.type, each) for each in one.search]} if one.search else {}),
        **({"operation": [_operation(each) for each in one.operations]} if one.operations else {}),
    }


def _operation(one: Operation) -> Json:
    return {"name": one.code, "definition": f"{canonical.BASE}/OperationDefinition/{one.definition}"}


# What R4 does not define, and SDC does.
_OF_SDC = {"experimental": "http://hl7.org/fhir/uv/sdc/SearchParameter/canonical-experimental"}


def _owner(resource: str, parameter: str) -> str:
    """Under whose name R4 defines the parameter."""
    if parameter.startswith("_"):
        return "Resource"
    if parameter in _CLINICAL.get(resource, ()):
        return "clinical"
    return "conformance" if resource in _CONFORMANCE else resource


def _search_parameter(resource: str, parameter: SearchParameter) -> Json:
    owner = _owner(resource, parameter.name)
    definition = f"http://hl7.org/fhir/SearchParameter/{owner}-{parameter.name.removeprefix('_')}"
    definition = _OF_SDC.get(parameter.name, definition)
    return {"name": parameter.name, "definition": definition, "type": parameter.type}
