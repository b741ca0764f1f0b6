"""The patient portal: one's visits and documents, and the apps that the clinic offers its patients."""

from __future__ import annotations

from typing import Any

import flask
from werkzeug.exceptions import NotFound

from service.sandbox.cookies import check_form, signed_in
from service.sandbox.directory import Person
from service.sandbox.file_answer import file_answer
from service.sandbox.launch_door import apps_for, open_app, own_address_apps
from service.sandbox.parts import parts

blueprint = flask.Blueprint("portal", __name__, url_prefix="/portal")


@blueprint.before_request
def patients_only() -> Any:
    """Everyone else signs in first."""
    if signed_in("patient", "relative") is None:
        return flask.redirect(flask.url_for("sign_in.choose", next=flask.url_for("portal.home")), 303)
    return None


@blueprint.get("/")
def home() -> str:
    """The patient's own page."""
    person, patient = _people()
    return flask.render_template(
        "portal.html",
        person=person,
        patient=patient,
        apps=apps_for("patient"),
        outside=own_address_apps("patient"),
        visits=parts().charts.visits(patient.id),
        documents=parts().charts.documents(patient.id),
    )


@blueprint.post("/open")
def launch() -> Any:
    """Open an app on the patient's own record."""
    check_form()
    person, patient = _people()
    return open_app(person, "patient", patient, None, banner=True)


@blueprint.get("/documents/<document>")
def document(document: str) -> flask.Response:
    """One document of the patient, as it was filed."""
    _, patient = _people()
    return file_answer(parts().charts.file(patient.id, document), document)


def _people() -> tuple[Person, Person]:
    person = signed_in("patient", "relative")
    patient = parts().directory.patient(person.patient if person else None)
    if person is None or patient is None:
        raise NotFound("There is no record here for you.")
    return person, patient
