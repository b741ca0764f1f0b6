"""Our worker before a record system that numbers its tokens."""

import json
from typing import Any

from service.smart.backend_services import BackendTokens
from service.smart.discovery import Configurations
from service.smart.registration import ClientKind, Registration
from tests.smart.people import ISS, ISSUER, Clock, Server, caller, our_key

SCOPE = "system/DocumentReference.crs system/Encounter.rs"
WELL_KNOWN = "/fhir/.well-known/smart-configuration"
GRANTED = {"token_type": "bearer", "expires_in": 300, "scope": SCOPE}


def json_of(value: Any, status: int = 200) -> tuple[int, dict[str, str], bytes]:
    """An answer."""
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


def record_system(algorithms: tuple[str, ...] = (), **changed: Any) -> Server:
    """Its first token is t-1, and so on; members of the token answer may differ, `...` takes one away."""
    server = Server()
    said = {"token_endpoint": f"{ISSUER}/token", "capabilities": []}
    if algorithms:
        said["token_endpoint_auth_signing_alg_values_supported"] = list(algorithms)
    server.answers[WELL_KNOWN] = json_of(said)

    def give(*_: object) -> tuple[int, dict[str, str], bytes]:
        members = {"access_token": f"t-{server.count('/token')}"} | GRANTED | changed
        return json_of({name: value for name, value in members.items() if value is not ...})

    server.answers["/token"] = give
    return server


def worker(server: Server, clock: Clock | None = None) -> BackendTokens:
    """Our worker, with a key of each kind."""
    clock = clock or Clock()
    keys = (our_key("RSA"), our_key("EC"))
    registered = Registration("journal-worker", ClientKind.ASYMMETRIC, keys=keys)
    configurations = Configurations(server.client(), clock, loopback_allowed=False)
    return BackendTokens(caller(server, clock, registered), ISS, configurations, SCOPE)
