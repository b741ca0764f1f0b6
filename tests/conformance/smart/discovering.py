"""A record system's discovery document, as a test wants it to be."""

import json
from typing import Any

from service.smart.discovery import SmartConfiguration, fetch
from tests.smart.people import ISS, ISSUER, Server

PATH = "/fhir/.well-known/smart-configuration"
DOCUMENT: dict[str, Any] = {
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "capabilities": ["launch-ehr", "client-public"],
    "code_challenge_methods_supported": ["S256"],
}


def serving(path: str = PATH, **changed: Any) -> Server:
    """A server with this document; `...` takes a member away."""
    members = {name: value for name, value in (DOCUMENT | changed).items() if value is not ...}
    return Server({path: (200, {"Content-Type": "application/json"}, json.dumps(members).encode())})


def discovered_at(server: Server, iss: str = ISS, **more: Any) -> SmartConfiguration:
    """What we make of it; DiscoveryFailed where we refuse it."""
    return fetch(server.client(), iss, loopback_allowed=False, **more)
