"""What a client may know of a clinic's FHIR base before it has a token: what is offered, and who gives tokens."""

import json
from datetime import date

from service.r4 import capability_statement as statement
from service.smart.problems import SmartProblem
from service.workflow.desk import ClinicDesk, Desk

VERSION = "0.2.0"
RELEASED = date(2026, 11, 22)
# What our base can speak of at most (SMART B-04); said only where the clinic's own server says it too (B-05).
_OURS = frozenset(
    {
        "launch-standalone",
        "client-public",
        "client-confidential-symmetric",
        "client-confidential-asymmetric",
        "context-standalone-patient",
        "sso-openid-connect",
        "permission-patient",
        "permission-user",
        "permission-offline",
        "permission-v1",
        "permission-v2",
        "authorize-post",
    }
)


def capability_statement(desk: Desk, clinic_key: str) -> bytes:
    """The CapabilityStatement of this clinic's base; NotYours where there is no such clinic."""
    clinic = desk.clinic(clinic_key)
    return statement.write(
        clinic.base, VERSION, RELEASED, cors=bool(clinic.origins), endpoints=_endpoints(clinic)
    )


def _endpoints(clinic: ClinicDesk) -> tuple[str, str] | None:
    """Where to authorize and where tokens are; None while the record system does not say."""
    try:
        theirs = clinic.configurations.of(clinic.iss)
    except SmartProblem:
        return None
    if theirs.authorization_endpoint is None:
        return None
    return theirs.authorization_endpoint, theirs.token_endpoint


def smart_configuration(desk: Desk, clinic_key: str) -> bytes:
    """The discovery document of this clinic's base: it names the clinic's own authorization server (B-05).

    NotYours where there is no such clinic, ServerSilent where its record system does not answer.
    """
    clinic = desk.clinic(clinic_key)
    theirs = clinic.configurations.of(clinic.iss)
    document = {
        "issuer": theirs.issuer or clinic.issuer,
        "jwks_uri": theirs.jwks_uri,
        "authorization_endpoint": theirs.authorization_endpoint,
        "token_endpoint": theirs.token_endpoint,
        "introspection_endpoint": theirs.introspection_endpoint,
        "revocation_endpoint": theirs.revocation_endpoint,
        "grant_types_supported": ["authorization_code"],
        "code_challenge_methods_supported": ["S256"],
        "capabilities": sorted(theirs.capabilities & _OURS),
    }
    return json.dumps({name: value for name, value in document.items() if value is not None}).encode()
