"""Signing in by saying who one is: a pretend record system has no passwords, and says so."""

from __future__ import annotations

import flask
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from service.sandbox.cookies import check_form, local_path, sign_in, signed_in
from service.sandbox.directory import Person
from service.sandbox.parts import parts

blueprint = flask.Blueprint("sign_in", __name__)


@blueprint.get("/")
def front() -> str:
    """What this place is, and the ways in."""
    return flask.render_template("front.html", person=signed_in(), config=parts().config)


@blueprint.get("/sign-in")
def choose() -> str:
    """Everybody who can sign in, in groups."""
    directory = parts().directory
    groups = (
        ("Patients", directory.patients()),
        ("People who care for a patient", directory.relatives()),
        ("Staff", directory.staff()),
    )
    return flask.render_template(
        "sign_in.html", groups=groups, person=signed_in(), next=local_path(flask.request.args.get("next"), "")
    )


@blueprint.post("/sign-in")
def enter() -> Response:
    """Sign in as the person whose button was pressed."""
    check_form()
    person = parts().directory.person(flask.request.form.get("person"))
    if person is None:
        raise BadRequest("There is nobody of that name here.")
    sign_in(person)
    return flask.redirect(local_path(flask.request.form.get("next"), home_of(person)), 303)


@blueprint.post("/sign-out")
def leave() -> Response:
    """Sign out; apps that were allowed only while the person is here lose their access."""
    check_form()
    person = signed_in()
    if person is not None:
        parts().approvals.end_online(person.reference)
    flask.session.clear()
    return flask.redirect(flask.url_for("sign_in.front"), 303)


def home_of(person: Person) -> str:
    """Where a person's work or care begins."""
    return flask.url_for("staff.patients" if person.standing == "staff" else "portal.home")
