"""Which pages of other origins may call the clinic's FHIR base: those the clinic lists, and any for what is public.

One place for every door: the answers' headers and the browser's question beforehand (Fetch standard, CORS protocol;
SMART B-06, B-07; threat T31). Nothing here opens a door: who may pass is decided by the token, as for any request.
No cookie is ever let through, and our own pages are not reached at all.
"""

import re

from flask import Flask, Response, current_app, g, request
from werkzeug.exceptions import HTTPException

from service.access.policies import PUBLIC, Policy
from service.web.doors import policy_of
from service.web.guards import desk

ASKED = "Authorization, Content-Type, Accept, If-Match, If-None-Match, If-None-Exist, Prefer, X-Request-Id"
TOLD = "ETag, Location, Content-Location, Last-Modified, Retry-After, X-Request-Id, X-Correlation-Id"
# No page of another origin has anything to seek at an export base but what is public.
_BASE = re.compile(r"/(?P<clinic>[^/]+)/(?P<export>export/)?fhir(/|$)")
_SECONDS = 600
_ANY = "*"


def install(app: Flask) -> None:
    """Hear a browser's question before anybody is asked for a token; say on each answer who may read it."""
    app.before_request_funcs.setdefault(None, []).insert(0, _hear)
    app.after_request(_say)


def _hear() -> Response | None:
    """The answer to a preflight that a page may ask; None for every other request, which goes its usual way."""
    wanted = request.headers.get("Access-Control-Request-Method")
    if request.method != "OPTIONS" or wanted is None or not _BASE.match(request.path):
        return None
    policy = _policy(wanted)
    allowed = None if policy is None else _readable_by(policy)
    if allowed is None:
        return None
    g.request_id = desk().new_id()
    response = Response(status=204)
    response.headers["Access-Control-Allow-Methods"] = ", ".join(sorted(_methods()))
    response.headers["Access-Control-Allow-Headers"] = ASKED
    response.headers["Access-Control-Max-Age"] = str(_SECONDS)
    response.headers["Access-Control-Allow-Origin"] = allowed
    response.vary.update(["Origin", "Access-Control-Request-Method"])
    return response


def _say(response: Response) -> Response:
    if not _BASE.match(request.path) or "Access-Control-Allow-Origin" in response.headers:
        return response
    policy = policy_of(current_app, request.endpoint) if request.endpoint else None
    allowed = _readable_by(policy)
    if allowed is not None:
        response.headers["Access-Control-Allow-Origin"] = allowed
        response.headers["Access-Control-Expose-Headers"] = TOLD
    if allowed != _ANY:
        response.vary.add("Origin")
    return response


def _readable_by(policy: Policy | None) -> str | None:
    """Any page, for what needs no token; else the page that asks, where the clinic lists it; None for any other."""
    if policy == PUBLIC:
        return _ANY
    origin, base = request.headers.get("Origin"), _BASE.match(request.path)
    home = None if base is None or base["export"] else desk().clinics.get(base["clinic"])
    return origin if home is not None and origin in home.origins else None


def _policy(method: str) -> Policy | None:
    """Under which policy this address takes the method; None where it does not."""
    adapter = current_app.create_url_adapter(request)
    try:
        matched = adapter.match(method=method.upper()) if adapter else None
    except HTTPException:
        return None
    return policy_of(current_app, matched[0]) if matched else None


def _methods() -> set[str]:
    adapter = current_app.create_url_adapter(request)
    return set(adapter.allowed_methods() if adapter else ()) - {"OPTIONS"}
