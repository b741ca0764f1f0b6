"""How requirements on us as the app are put: a launch before a server that answers as told, and one in the world."""

import json
import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx2

from service.smart import launch
from service.smart.discovery import SmartConfiguration
from service.smart.launch import LaunchBegun, PendingLaunch, Returned, TokenAnswer
from service.smart.registration import Registration
from tests.people import FORM, Browser, sign_in
from tests.smart.people import ISS, ISSUER, NOW, REDIRECT, Clock, Server, caller, registration
from tests.world import EHR, JOURNAL, World

SCOPE = "openid fhirUser launch patient/Patient.r patient/Encounter.rs"
GRANTED = {
    "access_token": "access-1",
    "token_type": "Bearer",
    "expires_in": 900,
    "scope": SCOPE,
    "patient": "pat-1",
    "refresh_token": "refresh-1",
}
CONFIGURATION = SmartConfiguration(
    iss=ISS, token_endpoint=f"{ISSUER}/token", authorization_endpoint=f"{ISSUER}/authorize"
)
ADA, BEA = "Patient/patient-six-done", "Patient/patient-two-in"
TOKEN_PATH = "/auth/token"


def query_of(address: str) -> dict[str, str]:
    """The parameters of an address, each of which stands there once."""
    pairs = parse_qsl(urlsplit(address).query, keep_blank_values=True)
    assert len(dict(pairs)) == len(pairs), address
    return dict(pairs)


def began(configuration: SmartConfiguration = CONFIGURATION, **more: Any) -> LaunchBegun:
    """A launch that has just begun."""
    asked = {"redirect_uri": REDIRECT, "scope": SCOPE, "launch": "opaque-1", "now": NOW} | more
    return launch.begin(configuration, registration(), **asked, random=secrets.token_bytes)


def told(**changed: Any) -> tuple[int, dict[str, str], bytes]:
    """A good token answer, with members put differently; `...` takes one away."""
    members = {name: value for name, value in (GRANTED | changed).items() if value is not ...}
    return 200, {"Content-Type": "application/json"}, json.dumps(members).encode()


def exchanged(
    server: Server, registered: Registration | None = None, pending: PendingLaunch | None = None
) -> TokenAnswer:
    """The code of a good return, exchanged at this server."""
    pending = pending or began().pending
    asking = caller(server, registered=registered)
    return launch.finish(pending, Returned(state=pending.state, code="code-1"), asking)


def answered(**changed: Any) -> TokenAnswer:
    """What we read from a token answer with these members."""
    return exchanged(Server({"/token": told(**changed)}))


def renewed(answer: Any, before: TokenAnswer) -> tuple[TokenAnswer, Server]:
    """What a refresh gives that is answered like this, and the server that was asked."""
    server = Server({"/token": answer})
    asking = caller(server, Clock())
    return launch.refresh(before, asking, token_endpoint=f"{ISSUER}/token", iss=ISS), server


def form_of(server: Server) -> dict[str, str]:
    """The form that this server was sent last."""
    return dict(parse_qsl(server.asked[-1][3].decode(), keep_blank_values=True))


def at_the_door(world: World, kind: str = "patient", **query: str) -> httpx2.Response:
    """A record system opens our launch address with this query."""
    return Browser(world).ask("GET", f"{JOURNAL}/launch/{kind}", params=query)


def on_the_way_back(world: World, person: str = ADA) -> tuple[Browser, str]:
    """A browser that opened the journal in the portal, one step before our callback, and that step's address."""
    browser, page = sign_in(world, person, "/portal/")
    form, button = next(
        (form, one) for form in page.forms for one in form.buttons if "Open Infusion Journal" in one[2]
    )
    fields = form.fields | ({button[0]: button[1]} if button[0] else {})
    first = browser.ask("POST", f"{EHR}/portal/open", content=urlencode(fields), headers=FORM)
    return browser, browser.way_back(first.headers["location"], f"{JOURNAL}/launch/callback")


def with_other(address: str, **query: str | None) -> str:
    """The address with parameters put differently; None takes one away."""
    kept = {name: value for name, value in (query_of(address) | query).items() if value is not None}
    return f"{address.split('?')[0]}?{urlencode(kept)}"


def token_answers(
    change: Callable[[dict[str, Any]], dict[str, Any]],
) -> Callable[[httpx2.Request, Callable[[], httpx2.Response]], httpx2.Response]:
    """Somebody on the wire who rewrites what the record system's token endpoint answers."""

    def meddle(request: httpx2.Request, carry: Callable[[], httpx2.Response]) -> httpx2.Response:
        answer = carry()
        if request.url.path != TOKEN_PATH:
            return answer
        members = json.loads(answer.read())
        body = json.dumps(change(members)).encode()
        kind = {"Content-Type": "application/json"}
        return httpx2.Response(answer.status_code, headers=kind, stream=httpx2.ByteStream(body))

    return meddle


def token_requests(world: World) -> int:
    """How often we asked the record system for a token."""
    return sum(asked == f"POST {EHR}{TOKEN_PATH}" for asked in world.net.asked)
