"""Coming in through the record system: the launch URLs, the start for a bookmark, and the way back."""

from flask import g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from service.access.policies import LAUNCH
from service.journal.problems import NotYours
from service.smart.launch import Returned
from service.smart.problems import UnknownIssuer
from service.web import guards
from service.web.doors import Door
from service.web.guards import desk, origin
from service.workflow.sign_in import Begun, CookieMissing, begin_launch, finish_launch

door = Door("launch", url_prefix="/launch")

# Bound to the browser that began (threat T21); one per launch, so that two tabs may launch at once.
_BEGUN = "__Host-launch-"
_KINDS = ("patient", "clinician", "officer")
_HOMES = {"patient": "patient.home", "clinician": "clinician.newest", "officer": "compliance.log"}


@door.open("/<kind>", LAUNCH)
def ehr(kind: str) -> AnyResponse:
    """SMART EHR launch (A-10): the record system opened us with `iss` and `launch`."""
    iss, launch = request.args.get("iss", ""), request.args.get("launch")
    if kind not in _KINDS:
        raise NotYours
    if not launch or len(request.args.getlist("iss")) != 1:
        raise UnknownIssuer("incomplete")
    return _to_record_system(begin_launch(desk(), kind, iss, launch, origin()))


@door.open("/<clinic>/<kind>", LAUNCH)
def start(clinic: str, kind: str = "patient") -> AnyResponse:
    """Standalone launch (A-20): a bookmark, or a link on the clinic's own page."""
    if kind not in _KINDS:
        raise NotYours
    return _to_record_system(begin_launch(desk(), kind, desk().clinic(clinic).iss, None, origin()))


@door.open("/callback", LAUNCH)
def callback() -> AnyResponse:
    """The way back: whatever stands in the query, it leads only to pages of our own (A-51)."""
    returned = Returned(
        state=request.args.get("state"),
        code=request.args.get("code"),
        error=request.args.get("error"),
        iss=request.args.get("iss"),
    )
    cookie = _cookie_for(returned.state or "")
    try:
        signed_in = finish_launch(desk(), returned, request.cookies.get(cookie, ""), origin())
    except CookieMissing as missing:
        if not _may_stand_in_a_frame(missing):
            raise
        return _in_a_window_of_its_own(missing)
    visit = signed_in.visit
    response = redirect(url_for(_HOMES[visit.kind], visit=visit.handle), 303)
    response.delete_cookie(cookie, **guards.frame_attributes(_framed_anywhere()))
    return guards.give_cookie(response, visit.handle, signed_in.secret, desk().clinic(visit.clinic))


def _may_stand_in_a_frame(missing: CookieMissing) -> bool:
    """Where framing is allowed, unless the browser says that this is a page of its own; older ones say nothing."""
    shown_in = request.headers.get("Sec-Fetch-Dest", "iframe")
    return bool(desk().clinic(missing.clinic).frame_ancestors) and shown_in != "document"


def _in_a_window_of_its_own(missing: CookieMissing) -> AnyResponse:
    """A browser that keeps no cookie of ours inside another page would sign in for ever (threat T27)."""
    g.framed_for = missing.clinic
    url = url_for("launch.start", clinic=missing.clinic, kind=missing.kind)
    return make_response(render_template("launch/open_window.html", open_url=url), 400)


def _to_record_system(begun: Begun) -> AnyResponse:
    response = redirect(begun.authorize_url, 303)
    attributes = guards.frame_attributes(_framed_anywhere())
    response.set_cookie(_cookie_for(begun.state), begun.browser_secret, max_age=600, **attributes)
    return response


def _framed_anywhere() -> bool:
    return any(one.frame_ancestors for one in desk().clinics.values())


def _cookie_for(state: str) -> str:
    """Named by the state's digest, so that a second launch in another tab has a cookie of its own."""
    return _BEGUN + guards.short_digest(state)
