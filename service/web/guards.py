"""Who comes in: every request passes here once, before its view (threat model, rules 2 and 3).

A page is opened by a visit: its handle stands in the path, its secret in a cookie of that handle's own, so that
two launches in two tabs never meet (T8). A FHIR client comes with a bearer token instead.
"""

import hashlib
import hmac
import re
from typing import NoReturn, TypedDict
from zoneinfo import ZoneInfo

from flask import Request, current_app, g, request
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.wrappers import Response as AnyResponse

from service.access.context import AccessContext, Origin, Role
from service.access.decision import Decision, decide
from service.access.policies import PUBLIC
from service.journal.problems import NotAllowed, NotYours, Problem, SignInNeeded
from service.smart.problems import SmartProblem
from service.web.doors import policy_of
from service.web.reading import CONTROLS, NotReadable, read_form
from service.wiring import Wiring
from service.workflow import recognise
from service.workflow.desk import ClinicDesk, Desk
from service.workflow.recognise import Visitor
from service.workflow.recognise_system import own_bearer
from service.workflow.record_refusal import record_refusal

WIRING = "infusion-journal"
EXPORT_BASE = "export_base"  # the door where our own tokens are shown
_REQUEST_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class CookieAttributes(TypedDict):
    """What is said of a cookie beside its name and value."""

    secure: bool
    httponly: bool
    path: str
    samesite: str
    partitioned: bool


class ScopeTooSmall(NotAllowed):
    """The access token does not reach this."""

    def __init__(self, scope: str) -> None:
        super().__init__()
        self.scope = scope


class FromElsewhere(NotAllowed):
    """This form came from another page. Please go back and press the button again."""


def wiring() -> Wiring:
    """The live parts of this application."""
    found: Wiring = current_app.extensions[WIRING]
    return found


def desk() -> Desk:
    """The tools of the workflows, as the wiring laid them out."""
    return wiring().desk


def clinic() -> ClinicDesk:
    """The clinic this request belongs to."""
    return desk().clinic(context().clinic)


def context() -> AccessContext:
    """Who asks; SignInNeeded on a door that let nobody in."""
    found: AccessContext | None = g.get("context")
    if found is None:
        raise SignInNeeded
    return found


def zone_of(home: ClinicDesk) -> ZoneInfo:
    """The clinic's time zone."""
    return ZoneInfo(home.zone)


def visitor() -> Visitor:
    """The visit this page belongs to."""
    found: Visitor | None = g.get("visitor")
    if found is None:
        raise SignInNeeded
    return found


def form() -> dict[str, str]:
    """The fields of the form that was posted, read once and strictly."""
    if "form" not in g:
        g.form = read_form(request)
    found: dict[str, str] = g.form
    return found


def origin() -> Origin:
    """This request's id (the client's, where it sent a plain one) and network address."""
    return Origin(request_id=g.request_id, address=request.remote_addr)


def admit() -> None:
    """Decide by the route's policy, before anything is read; what is refused leaves a record."""
    g.request_id = _request_id(request)
    if request.endpoint is None:
        _no_such_door()
    _refuse_controls()
    policy = policy_of(current_app, request.endpoint)
    if policy.public:
        return
    _recognise()
    decision = decide(policy, g.get("context"))
    if not decision.allowed:
        _refuse(decision)
    if "visitor" in g and request.method not in _SAFE_METHODS:
        _came_from_our_own_page()


def remember_refusal(problem: Problem | SmartProblem) -> None:
    """The record of a door that did not open, where a clinic is known whose log it belongs to (product rule 25)."""
    policy = policy_of(current_app, request.endpoint) if request.endpoint else PUBLIC
    refused = g.get("context") or _stranger()
    if policy.public or refused is None:
        return
    reason = g.get("refusal") or getattr(problem, "reason", "") or type(problem).__name__
    record_refusal(desk(), refused, policy.name, reason)


def cookie_name(handle: str) -> str:
    """The cookie that holds a visit's secret."""
    return f"__Host-visit-{handle}"


def home_cookie_name(handle: str) -> str:
    """The cookie that says whose clinic's pages these are: apart, since earlier versions read the other one."""
    return f"__Host-home-{handle}"


def shown_for(handle: str) -> tuple[str, str | None]:
    """What the browser shows for this visit: its secret, and whose clinic's pages it was given with, None if unknown.

    The clinic proves nothing. It says who may frame the page that tells somebody that their visit is over (T27).
    """
    secret, named = (request.cookies.get(name(handle), "") for name in (cookie_name, home_cookie_name))
    return secret, named if named in desk().clinics else None


def csrf_token(secret: str) -> str:
    """The form token of a visit, derived from its secret; worth nothing without the cookie (T26)."""
    return hmac.new(secret.encode(), b"form", hashlib.sha256).hexdigest()


def short_digest(text: str) -> str:
    """Sixteen letters that name a value without telling it."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def is_from_our_own_page() -> bool:
    """Whether nothing that the browser says of this request tells that another site sent it."""
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    # Browsers write "null" here for the forms of a page that sends no referrer, as ours do.
    from_us = request.headers.get("Origin", "null") in ("null", wiring().settings.public_url)
    return site == "same-origin" and from_us


def frame_attributes(framed: bool) -> CookieAttributes:
    """How a cookie of ours is set and taken back: for frames only where framing is allowed (T27).

    A browser keeps a partitioned cookie apart: one that is taken back without the same word stays.
    """
    return {
        "secure": True,
        "httponly": True,
        "path": "/",
        "samesite": "None" if framed else "Lax",
        "partitioned": framed,
    }


def give_cookie(response: AnyResponse, handle: str, secret: str, home: ClinicDesk) -> AnyResponse:
    """Set the visit's cookies, for frames where its clinic allows framing: its secret, and which clinic that is."""
    attributes = frame_attributes(bool(home.frame_ancestors))
    response.set_cookie(cookie_name(handle), secret, **attributes)
    response.set_cookie(home_cookie_name(handle), home.key, **attributes)
    return response


def take_cookie(response: AnyResponse, handle: str) -> AnyResponse:
    """Let the browser forget the visit's secret, and its clinic."""
    attributes = frame_attributes(bool(clinic().frame_ancestors))
    response.delete_cookie(cookie_name(handle), **attributes)
    response.delete_cookie(home_cookie_name(handle), **attributes)
    return response


def _recognise() -> None:
    arguments = request.view_args or {}
    if "visit" in arguments:
        secret, _ = shown_for(arguments["visit"])
        g.visitor, g.context = recognise.visitor(desk(), arguments["visit"], secret, origin())
        g.csrf = csrf_token(secret)
    elif "clinic" in arguments:
        g.context = _bearer(arguments["clinic"], request.headers.get("Authorization", ""))


def _bearer(clinic_key: str, shown: str) -> AccessContext | None:
    """At a clinic's export base the tokens that we gave out ourselves, elsewhere its record system's (SMART B-20)."""
    if request.blueprint != EXPORT_BASE:
        return recognise.bearer(desk(), clinic_key, shown, origin())
    if clinic_key not in wiring().exports:
        raise NotYours
    return own_bearer(desk(), wiring().exports[clinic_key], shown, origin())


def _no_such_door() -> NoReturn:
    """Flask's own answer is a redirect where only a slash is missing, to whatever host the request names (T20)."""
    raise request.routing_exception if isinstance(request.routing_exception, MethodNotAllowed) else NotFound()


def _refuse_controls() -> None:
    """No id and no search of ours holds a control character, and PostgreSQL cannot even be asked for one."""
    if any(CONTROLS.search(value) for value in (request.view_args or {}).values() if isinstance(value, str)):
        raise NotYours
    if any(CONTROLS.search(value) for _, value in request.args.items(multi=True)):
        raise NotReadable


def _stranger() -> AccessContext | None:
    """Nobody known, at the FHIR base of a clinic that is; at a visit's address no clinic is known."""
    clinic_key = (request.view_args or {}).get("clinic")
    if clinic_key is None or clinic_key not in desk().clinics:
        return None
    return AccessContext(clinic=clinic_key, role=Role.NOBODY, origin=origin())


def _refuse(decision: Decision) -> None:
    g.refusal = decision.reason
    if decision.missing_scope:
        raise ScopeTooSmall(decision.missing_scope)
    raise SignInNeeded if decision.reason == "nobody-signed-in" else NotAllowed


def _came_from_our_own_page() -> None:
    """The visit's token in the form or header, and no word from the browser that it came from elsewhere."""
    given = request.headers.get("X-CSRF") or form().get("csrf", "")
    if not is_from_our_own_page() or not hmac.compare_digest(given.encode(), g.csrf.encode()):
        g.refusal = "from-elsewhere"
        raise FromElsewhere


def _request_id(incoming: Request) -> str:
    given = incoming.headers.get("X-Request-Id", "")
    return given if _REQUEST_ID.fullmatch(given) else desk().new_id()
