"""The doors below `/auth`: authorize, token, introspect, revoke, and the pages between a request and its code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import flask
from authlib.oauth2.rfc6749 import InvalidRequestError, OAuth2Error, OAuth2Request
from werkzeug.exceptions import Gone
from werkzeug.wrappers import Response

from service.sandbox.authorization import Agreement
from service.sandbox.cookies import check_form, signed_in
from service.sandbox.directory import Person
from service.sandbox.parts import parts
from service.sandbox.plain_words import FIXED, choices, given
from service.sandbox.requests import AppRequest
from service.sandbox.steps import Agree, PickPatient, PickVisit, Refuse, Step, next_step
from service.sandbox.token_endpoints import Introspection, Revocation

blueprint = flask.Blueprint("auth", __name__, url_prefix="/auth")

TOO_LATE = "This request has been answered or is too old. Please start again from the app."


@blueprint.route("/authorize", methods=["GET", "POST"])
def authorize() -> Any:
    """Check an app's request and send the browser on to the pages that answer it.

    A wrong client_id or redirect URI gets a page, never a redirect (RFC 6749 section 4.1.2.1).
    """
    try:
        parts().server.get_consent_grant()
    except OAuth2Error as problem:
        return _refused(problem)
    except ValueError:
        # Authlib builds its refusals from what was sent, and fails itself where that is not plain ASCII
        return _refused(InvalidRequestError("The request cannot be read."))
    name = parts().requests.keep(flask.request.values.to_dict())
    return flask.redirect(flask.url_for("auth.go_on", name=name), 303)


@blueprint.get("/continue/<name>")
def go_on(name: str) -> Any:
    """Show the next thing that the person has to say; with nothing left to say, go back to the app."""
    person = signed_in()
    if person is None:
        return flask.redirect(flask.url_for("sign_in.choose", next=flask.request.path), 303)
    parts().requests.claim(name, person.reference)
    asked = _asked(name)
    try:
        return _show(name, asked, person)
    except OAuth2Error as problem:
        return _refused(problem)


@blueprint.post("/continue/<name>")
def answer(name: str) -> Any:
    """Take what the person has said: a patient, a visit, or yes or no."""
    check_form()
    person, asked = signed_in(), _asked(name)
    if person is None or asked.fhir_user != person.reference:
        return flask.redirect(flask.url_for("auth.go_on", name=name), 303)
    try:
        return _take_answer(name, asked, person)
    except OAuth2Error as problem:
        return _refused(problem)


@blueprint.post("/token")
def token() -> Response:
    """Codes, refresh tokens and client assertions become access tokens here."""
    return _not_kept(parts().server.create_token_response())


@blueprint.post("/introspect")
def introspect() -> Response:
    """Whether a token is good, for those who are registered to ask."""
    return _not_kept(parts().server.create_endpoint_response(Introspection.ENDPOINT_NAME))


@blueprint.post("/revoke")
def revoke() -> Response:
    """The end of a token, said by the app it was given to."""
    return _not_kept(parts().server.create_endpoint_response(Revocation.ENDPOINT_NAME))


def _not_kept(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["Pragma"] = "no-cache"
    return answer


def _show(name: str, asked: AppRequest, person: Person) -> Any:
    step = _step(asked, person)
    if isinstance(step, PickPatient):
        return _page("pick_patient.html", name, asked, person, patients=parts().directory.patients())
    if isinstance(step, PickVisit):
        visits = parts().charts.visits(step.patient)
        patient = parts().directory.patient(step.patient)
        return _page("pick_visit.html", name, asked, person, patient=patient, visits=visits)
    if isinstance(step, Refuse):
        return _finish(name, asked, step)
    app = parts().config.app(asked.parameters["client_id"])
    if app is not None and app.trusted:
        return _finish(name, asked, step.agreement)
    return _consent_page(name, asked, person, step.agreement)


def _take_answer(name: str, asked: AppRequest, person: Person) -> Any:
    form, step = flask.request.form, _step(asked, person)
    if isinstance(step, PickPatient):
        chosen = parts().directory.patient(form.get("patient"))
        parts().requests.choose(name, patient=chosen.id if chosen else None)
    elif isinstance(step, PickVisit):
        visit = parts().charts.visit(step.patient, form.get("encounter", ""))
        parts().requests.choose(name, encounter=visit.id if visit else "")
    elif isinstance(step, Agree) and form.get("decision") == "allow":
        return _finish(name, asked, _limited(step.agreement, person, form.getlist("scope")))
    elif isinstance(step, Agree) and form.get("decision") == "deny":
        return _finish(name, asked, Refuse("access_denied", "The person has said no."))
    return flask.redirect(flask.url_for("auth.go_on", name=name), 303)


def _step(asked: AppRequest, person: Person) -> Step:
    request = _kept(asked)
    parts().server.get_consent_grant(request)
    data, client_id = asked.parameters, asked.parameters["client_id"]
    launch = parts().launches.find(data["launch"], client_id) if data.get("launch") else None
    return next_step(parts().config, asked, tuple(request.scope.split()), person, launch)


def _limited(agreement: Agreement, person: Person, kept: list[str]) -> Agreement:
    """The agreement without what the person crossed out (SMART, scope consent)."""
    optional = {choice.scope for choice in choices(agreement.scopes, person.standing)} - set(kept)
    scopes = tuple(scope for scope in agreement.scopes if scope in FIXED or scope not in optional)
    return replace(agreement, scopes=scopes)


def _finish(name: str, asked: AppRequest, outcome: Agreement | Refuse) -> Any:
    """Answer the app, once."""
    if not parts().requests.take(name):
        raise Gone(TOO_LATE)
    if isinstance(outcome, Refuse):
        problem = OAuth2Error(
            description=outcome.description,
            redirect_uri=asked.parameters["redirect_uri"],
            state=asked.parameters["state"],
            error=outcome.error,
        )
        return parts().server.handle_response(*problem())
    request = _kept(asked)
    grant = parts().server.get_consent_grant(request)
    return parts().server.create_authorization_response(request, outcome, grant)


def _kept(asked: AppRequest) -> OAuth2Request:
    return parts().server.kept_request(dict(asked.parameters))


def _asked(name: str) -> AppRequest:
    asked = parts().requests.find(name)
    if asked is None:
        raise Gone(TOO_LATE)
    return asked


def _refused(problem: OAuth2Error) -> Any:
    """Back to the app with the error where the app is known, else a page for the person."""
    if problem.redirect_uri:
        return parts().server.handle_response(*problem())
    page = flask.render_template("problem.html", title="This app can't be opened", text=problem.description)
    return page, 400


def _consent_page(name: str, asked: AppRequest, person: Person, agreement: Agreement) -> str:
    return _page(
        "consent.html",
        name,
        asked,
        person,
        given=given(agreement.scopes),
        choices=choices(agreement.scopes, person.standing),
        patient=parts().directory.patient(agreement.patient),
    )


def _page(template: str, name: str, asked: AppRequest, person: Person, **values: Any) -> str:
    app = parts().config.app(asked.parameters["client_id"])
    return flask.render_template(template, name=name, app=app, person=person, **values)
