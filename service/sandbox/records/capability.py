"""What the record system says of itself: its CapabilityStatement, made from the tables that it works by.

It stands apart from the doors, which read the same tables: what is declared is served, and nothing else.
"""

from __future__ import annotations

from typing import Any

from service.sandbox.records.habits import Habits
from service.sandbox.records.kinds import KINDS, Kind
from service.sandbox.records.refusals import Resource
from service.sandbox.records.subscription_shape import TOPIC

_BACKPORT = "http://hl7.org/fhir/uv/subscriptions-backport"
_SECURITY_SERVICE = "http://terminology.hl7.org/CodeSystem/restful-security-service"


def capability_statement(base_url: str, habits: Habits) -> Resource:
    """The CapabilityStatement of this server (R4 http, capabilities)."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": "2026-11-22",
        "kind": "instance",
        "software": {"name": "Maple Grove Records (a sandbox with invented people)"},
        "implementation": {"description": "A stand-in record system for trying things out", "url": base_url},
        "fhirVersion": "4.0.1",
        "format": ["json", "application/fhir+json"],
        "rest": [_rest(habits)],
    }


def _rest(habits: Habits) -> dict[str, Any]:
    service = {"coding": [{"system": _SECURITY_SERVICE, "code": "SMART-on-FHIR"}]}
    return {
        "mode": "server",
        "security": {"cors": False, "service": [service]},
        "resource": [_resource(type_, kind, habits) for type_, kind in sorted(KINDS.items())],
    }


def _resource(type_: str, kind: Kind, habits: Habits) -> dict[str, Any]:
    interactions, conditional, parameters = habits.declared(type_)
    described = {
        "type": type_,
        "interaction": [{"code": code} for code in interactions],
        "versioning": "versioned-update" if "update" in interactions else "versioned",
        "readHistory": True,
        "updateCreate": habits.put_creates(type_),
        "conditionalCreate": conditional,
        "conditionalRead": "not-match",
        "conditionalUpdate": False,
        "conditionalDelete": "not-supported",
    }
    if "search-type" in interactions:
        described["searchParam"] = [
            {"name": name, "type": parameter.sort} for name, parameter in parameters.items()
        ]
    return {**described, **_subscribing()} if kind.owned else described


def _subscribing() -> dict[str, Any]:
    """How the backport guide has a server name its topics, its profile and the operation it offers."""
    profiles = f"{_BACKPORT}/StructureDefinition"
    topics = f"{profiles}/capabilitystatement-subscriptiontopic-canonical"
    status = f"{_BACKPORT}/OperationDefinition/backport-subscription-status"
    return {
        "extension": [{"url": topics, "valueCanonical": TOPIC}],
        "supportedProfile": [f"{profiles}/backport-subscription"],
        "operation": [{"name": "status", "definition": status}],
    }
