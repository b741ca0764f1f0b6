"""CapabilityStatement: what our FHIR door offers, said once as data and written from it.

`OFFERED` is the source: the statement, the routes and fhir/CapabilityStatement must agree with it, and tests
compare them (fhir-rest A, I-101).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from service.r4 import canonical, task
from service.r4.elements import Json
from service.r4.questionnaire_response import SDC_PROFILE
from service.r4.raw_json import compact


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
    """What may be done with one resource type."""

    type: str
    profiles: tuple[str, ...]
    interactions: tuple[str, ...]
    search: tuple[SearchParameter, ...]
    versioning: str
    includes: tuple[str, ...] = ()
    revincludes: tuple[str, ...] = ()
    conditional_create: bool = False
    operations: tuple[Operation, ...] = ()


_OF_DEFINITIONS = (
    SearchParameter("_id", "token"),
    SearchParameter("name", "string"),
    SearchParameter("status", "token"),
    SearchParameter("title", "string"),
    SearchParameter("url", "uri"),
    SearchParameter("version", "token"),
)
# R4 defines these types' search parameters together, under one name.
_CONFORMANCE = ("CapabilityStatement", "CodeSystem", "OperationDefinition", "StructureDefinition", "ValueSet")

OFFERED = (
    Offered(
        "Questionnaire",
        ("http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire",),
        ("read", "search-type"),
        _OF_DEFINITIONS,
        "no-version",
        operations=(Operation("populate", "questionnaire-populate"),),
    ),
    Offered(
        "QuestionnaireResponse",
        (SDC_PROFILE,),
        ("create", "history-instance", "read", "search-type", "vread"),
        (
            SearchParameter("_id", "token"),
            SearchParameter("author", "reference"),
            SearchParameter("authored", "date"),
            SearchParameter("encounter", "reference"),
            SearchParameter("identifier", "token"),
            SearchParameter("patient", "reference"),
            SearchParameter("questionnaire", "reference"),
            SearchParameter("status", "token"),
            SearchParameter("subject", "reference"),
        ),
        "versioned",
        includes=("QuestionnaireResponse:questionnaire",),
        revincludes=("Provenance:target",),
        conditional_create=True,
        operations=(Operation("validate", "response-validate"),),
    ),
    Offered(
        "Task",
        (task.PROFILE,),
        ("read", "search-type"),
        (
            SearchParameter("_id", "token"),
            SearchParameter("_lastUpdated", "date"),
            SearchParameter("authored-on", "date"),
            SearchParameter("code", "token"),
            SearchParameter("encounter", "reference"),
            SearchParameter("identifier", "token"),
            SearchParameter("modified", "date"),
            SearchParameter("patient", "reference"),
            SearchParameter("status", "token"),
        ),
        "versioned",
    ),
    Offered(
        "Provenance",
        (),
        ("read", "search-type"),
        (
            SearchParameter("_id", "token"),
            SearchParameter("patient", "reference"),
            SearchParameter("recorded", "date"),
            SearchParameter("target", "reference"),
        ),
        "versioned",
    ),
    Offered(
        "Encounter",
        (),
        ("read", "search-type"),
        (
            SearchParameter("_id", "token"),
            SearchParameter("patient", "reference"),
            SearchParameter("subject", "reference"),
        ),
        "no-version",
    ),
    Offered("Bundle", (), ("read",), (), "no-version"),
    *(Offered(kind, (), ("read", "search-type"), _OF_DEFINITIONS, "no-version") for kind in _CONFORMANCE),
)

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
                    },
                    "resource": [_resource(one) for one in offered],
                }
            ],
        }
    )


def _endpoint(name: str, address: str) -> Json:
    return {"url": name, "valueUri": address}


def _resource(one: Offered) -> Json:
    return {
        "type": one.type,
        **({"supportedProfile": list(one.profiles)} if one.profiles else {}),
        "interaction": [{"code": code} for code in one.interactions],
        "versioning": one.versioning,
        "readHistory": "vread" in one.interactions,
        "updateCreate": False,
        "conditionalCreate": one.conditional_create,
        **({"searchInclude": list(one.includes)} if one.includes else {}),
        **({"searchRevInclude": list(one.revincludes)} if one.revincludes else {}),
        **({"searchParam": [_search_parameter(one.type, each) for each in one.search]} if one.search else {}),
        **({"operation": [_operation(each) for each in one.operations]} if one.operations else {}),
    }


def _operation(one: Operation) -> Json:
    return {"name": one.code, "definition": f"{canonical.BASE}/OperationDefinition/{one.definition}"}


def _search_parameter(resource: str, parameter: SearchParameter) -> Json:
    owner = "conformance" if resource in _CONFORMANCE else resource
    owner = "Resource" if parameter.name.startswith("_") else owner
    definition = f"http://hl7.org/fhir/SearchParameter/{owner}-{parameter.name.removeprefix('_')}"
    return {"name": parameter.name, "definition": definition, "type": parameter.type}
