"""The sandbox as one Flask app: Maple Grove Clinic with its authorization server, FHIR server and pages."""

from __future__ import annotations

import flask
import httpx2
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from service.sandbox import auth_door, cookies, discovery, headers, portal_door, sign_in_door, staff_door
from service.sandbox.config import SandboxConfig
from service.sandbox.keys import session_secret
from service.sandbox.parts import NAME, Parts, put_together
from service.sandbox.records.people import seed
from service.sandbox.records.refusals import operation_outcome
from service.sandbox.records.server import create_records_blueprint
from service.sandbox.records.store import Records

LARGEST_BODY = 32 * 1024 * 1024


def create_sandbox(config: SandboxConfig, outbound: httpx2.BaseTransport | None = None) -> flask.Flask:
    """Make the record system that lives in `config.folder`; what is missing there is made, what is there is kept.

    `outbound` is the way to the apps' key set addresses and to the endpoints of subscriptions, for apps that run in
    the same process.
    """
    config.folder.mkdir(parents=True, exist_ok=True)
    records = Records(config.folder / "records.sqlite", config.clock)
    seed(records, config.clock())
    parts = put_together(config, records, outbound)
    app = flask.Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_BODY
    app.extensions[NAME] = parts
    cookies.configure(app, config.base_url, session_secret(config.folder))
    _add_doors(app, parts)
    headers.install(app, config)
    return app


def _add_doors(app: flask.Flask, parts: Parts) -> None:
    for door in (discovery, auth_door, sign_in_door, portal_door, staff_door):
        app.register_blueprint(door.blueprint)
    app.register_blueprint(
        create_records_blueprint(
            parts.records,
            parts.config.fhir_base,
            parts.tokens.grant_of,
            lambda: parts.config.filing,
            parts.config.imitation,
        )
    )
    app.jinja_env.globals["form_token"] = cookies.form_token
    app.register_error_handler(HTTPException, _refusal)


def _refusal(problem: HTTPException) -> Response | tuple[str, int]:
    """A page for people, an OperationOutcome for FHIR clients."""
    status = problem.code or 500
    if problem.response is not None:
        return problem.get_response()
    if flask.request.path.startswith("/fhir"):
        answer = flask.jsonify(operation_outcome("error", "processing", problem.name))
        answer.status_code, answer.mimetype = status, "application/fhir+json"
        return answer
    page = flask.render_template("problem.html", title=problem.name, text=problem.description)
    return page, status
