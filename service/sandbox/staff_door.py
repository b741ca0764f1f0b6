"""The staff's side of the record system: the list of patients, a patient's chart, and the apps that open on it."""

from __future__ import annotations

from typing import Any

import flask
from werkzeug.exceptions import BadRequest, NotFound

from service.sandbox.cookies import check_form, signed_in
from service.sandbox.directory import Person
from service.sandbox.file_answer import file_answer
from service.sandbox.launch_door import apps_for, open_app, own_address_apps
from service.sandbox.parts import parts

blueprint = flask.Blueprint("staff", __name__)


@blueprint.before_request
def staff_only() -> Any:
    """Everyone else signs in first."""
    if signed_in("staff") is None:
        return flask.redirect(flask.url_for("sign_in.choose", next=flask.request.path), 303)
    return None


@blueprint.get("/chart")
def patients() -> str:
    """Everyone in the clinic's care."""
    return flask.render_template("patients.html", person=_me(), patients=parts().directory.patients())


@blueprint.get("/chart/<patient_id>")
def chart(patient_id: str) -> str:
    """One patient: visits, documents, messages, apps."""
    patient = _patient(patient_id)
    visits = parts().charts.visits(patient.id)
    return flask.render_template(
        "chart.html",
        person=_me(),
        patient=patient,
        visits=visits,
        visit_titles={visit.id: f"{visit.title}, {visit.when}" for visit in visits},
        documents=parts().charts.documents(patient.id),
        messages=parts().charts.messages(patient.id),
        apps=apps_for("clinician"),
    )


@blueprint.post("/chart/<patient_id>/open")
def launch(patient_id: str) -> Any:
    """Open an app on this chart, with the chosen visit in context.

    Inside the chart the page around it shows who the patient is; in a tab of its own the app has to.
    """
    check_form()
    patient = _patient(patient_id)
    encounter = flask.request.form.get("encounter") or None
    if encounter is not None and parts().charts.visit(patient.id, encounter) is None:
        raise BadRequest("This visit is not in this chart.")
    in_frame = flask.request.form.get("where") == "frame"
    return open_app(_me(), "clinician", patient, encounter, banner=not in_frame)


@blueprint.get("/chart/<patient_id>/documents/<document>")
def document(patient_id: str, document: str) -> flask.Response:
    """One document of this chart, as it was filed."""
    return file_answer(parts().charts.file(_patient(patient_id).id, document), document)


@blueprint.get("/staff")
def desk() -> str:
    """The apps that need no chart."""
    return flask.render_template(
        "staff.html",
        person=_me(),
        apps=apps_for("officer"),
        outside=own_address_apps("officer"),
    )


@blueprint.post("/staff/open")
def launch_without_chart() -> Any:
    """Open an app with nobody's chart in context."""
    check_form()
    return open_app(_me(), "officer", None, None, banner=True)


def _me() -> Person:
    person = signed_in("staff")
    if person is None:
        raise NotFound("Please sign in as staff.")
    return person


def _patient(patient_id: str) -> Person:
    patient = parts().directory.patient(patient_id)
    if patient is None:
        raise NotFound("There is no chart of that name.")
    return patient
