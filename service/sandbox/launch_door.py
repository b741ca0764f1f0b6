"""Opening apps from our pages (SMART App Launch, EHR launch): which apps stand where, and the launch itself."""

from __future__ import annotations

import flask
from werkzeug.exceptions import NotFound
from werkzeug.wrappers import Response

from service.sandbox.config import Audience, RegisteredApp
from service.sandbox.directory import Person
from service.sandbox.launches import Launch, launch_address
from service.sandbox.parts import parts


def apps_for(audience: Audience) -> list[RegisteredApp]:
    """The apps whose button stands on a page for these people."""
    return [app for app in parts().config.apps if app.audience_hint == audience and app.launch_url]


def own_address_apps(audience: Audience) -> list[RegisteredApp]:
    """The apps that these people may also open from outside, by the app's own address."""
    return [app for app in parts().config.apps if app.audience_hint == audience and app.standalone_url]


def open_app(
    person: Person,
    audience: Audience,
    patient: Person | None,
    encounter: str | None,
    *,
    banner: bool,
) -> Response | str:
    """Begin a launch of the app named in the form, and lead there: in this tab, or in a frame of our page."""
    client_id = flask.request.form.get("app")
    app = next((app for app in apps_for(audience) if app.client_id == client_id), None)
    if app is None:
        raise NotFound("This app can't be opened from here.")
    context = patient.id if patient is not None else None
    value = parts().launches.begin(Launch(app.client_id, person.reference, context, encounter, banner))
    address = launch_address(parts().config, app, value)
    if flask.request.form.get("where") == "frame":
        return flask.render_template("frame.html", app=app, address=address, person=person, patient=patient)
    return flask.redirect(address, 303)
