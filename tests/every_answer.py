"""What every answer of the service must hold, looked at in every world of a run (threats T20, T27, T28 and T30).

The application is watched from outside: what leaves it is judged, whichever door, filter or fault made it. A world
whose service answered otherwise even once fails when it ends.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import flask
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException

from service.web.doors import policy_of
from service.web.guards import WIRING

ANSWERS = "answers"  # the property under which a test hands its counts to the end of the run
COUNTED = (
    "redirects_observed",
    "external_unlisted",
    "set_cookie_seen",
    "wrong_attributes",
    "html_responses",
    "missing_csp",
    "patient_responses",
    "cacheable",
)
_MUST = {"Secure", "HttpOnly", "Path=/"}
Environ = dict[str, object]


class Witness:
    """Stands around a WSGI application and judges the status and headers of each answer."""

    def __init__(self, app: flask.Flask) -> None:
        self._app, self._inner = app, app.wsgi_app
        self.counted: Counter[str] = Counter()
        self.faults: list[str] = []

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            self._judge(environ, status, Headers(headers))
            return start_response(status, headers, *more)

        return self._inner(environ, start)

    def hold(self) -> None:
        """AssertionError where an answer was not as it must be."""
        assert self.faults == [], self.faults[:20]

    def _judge(self, environ: Environ, status: str, headers: Headers) -> None:
        if status[:1] == "3" and "Location" in headers:
            self._count(
                "redirects_observed", "external_unlisted", self._leads_home(headers), environ, headers
            )
        for cookie in headers.getlist("Set-Cookie"):
            self._count("set_cookie_seen", "wrong_attributes", is_well_kept(cookie), environ, headers)
        if headers.get("Content-Type", "").startswith("text/html"):
            self._count("html_responses", "missing_csp", _names_ancestors(headers), environ, headers)
        if self._needs_somebody(environ):
            self._count("patient_responses", "cacheable", _not_kept(headers), environ, headers)

    def _count(self, seen: str, wrong: str, holds: bool, environ: Environ, headers: Headers) -> None:
        self.counted[seen] += 1
        if not holds:
            self.counted[wrong] += 1
            self.faults.append(f"{wrong}: {environ['REQUEST_METHOD']} {environ['PATH_INFO']}: {headers}")

    def _leads_home(self, headers: Headers) -> bool:
        """A path of ours, or the sign-in of a configured record system."""
        target = urlsplit(headers["Location"])
        if not target.scheme and not target.netloc:
            return headers["Location"][:1] == "/" and headers["Location"][1:2] not in ("/", "\\")
        clinics = self._app.extensions[WIRING].desk.clinics.values()
        origins = {_origin(address) for one in clinics for address in (one.iss, one.issuer)}
        return _origin(headers["Location"]) in origins

    def _needs_somebody(self, environ: Environ) -> bool:
        """Whether the address belongs to a door that does not open for everybody."""
        adapter = self._app.url_map.bind("here")
        try:
            endpoint, _ = adapter.match(str(environ["PATH_INFO"]), method=str(environ["REQUEST_METHOD"]))
        except HTTPException:
            return False
        return not policy_of(self._app, endpoint).public


def is_well_kept(cookie: str) -> bool:
    """Whether this Set-Cookie is bound to the host and hidden from scripts, and partitioned exactly when for frames."""
    pair, *attributes = [part.strip() for part in cookie.split(";")]
    said = set(attributes)
    framed = {"SameSite=None", "Partitioned"} <= said
    at_home = "SameSite=Lax" in said and "Partitioned" not in said
    bound = pair.startswith("__Host-") and said >= _MUST and not any("Domain" in one for one in said)
    return bound and (framed or at_home)


def line(counted: Iterable[dict[str, int]]) -> str:
    """The figures of a whole run, as one line."""
    total: Counter[str] = Counter()
    for one in counted:
        total.update(one)
    return " ".join(["every-answer", *(f"{name}={total[name]}" for name in COUNTED)])


def _names_ancestors(headers: Headers) -> bool:
    policy = headers.get("Content-Security-Policy", "")
    return (
        "frame-ancestors" in policy and "frame-ancestors;" not in policy and "X-Frame-Options" not in headers
    )


def _not_kept(headers: Headers) -> bool:
    return headers.get("Cache-Control") == "no-store"


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
