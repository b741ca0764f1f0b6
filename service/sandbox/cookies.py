"""Who sits at the screen: the signed cookie, and the token that proves that a form came from one of our pages."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

import flask
from werkzeug.exceptions import BadRequest

from service.sandbox.directory import Person, Standing
from service.sandbox.parts import parts

COOKIE = "maple_grove_session"
LOOPBACK = ("localhost", "127.0.0.1", "::1")


def configure(app: flask.Flask, base_url: str, secret: str) -> None:
    """Cookies that also arrive when an app inside our chart leads back to us, wherever the browser allows it.

    `SameSite=None` needs `Secure`, which browsers take on https and on this computer's own addresses.
    """
    parts_of_url = urlsplit(base_url)
    secure = parts_of_url.scheme == "https" or parts_of_url.hostname in LOOPBACK
    app.secret_key = secret
    app.config |= {
        "SESSION_COOKIE_NAME": COOKIE,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_SAMESITE": "None" if secure else "Lax",
    }


def signed_in(*standings: Standing) -> Person | None:
    """The person of this session, if they are of one of these standings; without any, whoever it is."""
    person = parts().directory.person(flask.session.get("person"))
    return person if person is not None and (not standings or person.standing in standings) else None


def sign_in(person: Person) -> None:
    """Begin a new session for this person."""
    flask.session.clear()
    flask.session["person"] = person.reference


def form_token() -> str:
    """The secret that every form of this session carries."""
    if "form" not in flask.session:
        flask.session["form"] = secrets.token_urlsafe(24)
    return str(flask.session["form"])


def check_form() -> None:
    """Refuse a form that none of our pages has made for this session (cross-site request forgery)."""
    sent, kept = flask.request.form.get("form_token", ""), flask.session.get("form", "")
    if not kept or not secrets.compare_digest(sent.encode(), str(kept).encode()):
        raise BadRequest("This form is out of date. Please go back, reload the page and try again.")


def local_path(wanted: str | None, otherwise: str) -> str:
    """A path on this site to go on to; anything that could lead elsewhere becomes the other one."""
    if not wanted or not wanted.startswith("/") or wanted[1:2] in ("/", "\\") or set(wanted) & set("\r\n\t"):
        return otherwise
    return wanted
