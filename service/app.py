"""The web application: its doors, what every answer carries, and the start from the environment."""

import atexit
import logging
import re

import structlog
from flask import Flask, Response, g, request
from werkzeug.middleware.proxy_fix import ProxyFix

from service import paths, worker
from service.access.policies import PUBLIC
from service.holding import hold_folder
from service.settings import Settings, read_settings
from service.store.migrating import upgrade
from service.web import (
    clinician,
    compliance,
    cors,
    dates,
    export_base,
    fhir_api,
    fhir_audit_events,
    fhir_batch,
    fhir_binaries,
    fhir_bundles,
    fhir_definitions,
    fhir_documents,
    fhir_encounters,
    fhir_operations,
    fhir_provenance,
    fhir_questionnaires,
    fhir_tasks,
    fhir_updates,
    guards,
    health,
    launch,
    notifications,
    owed,
    patient,
    patient_changes,
    patient_late,
    problems,
    visits,
)
from service.web.doors import hang
from service.wiring import Wiring, wire
from service.workflow.deliver_entry import take_over
from service.workflow.recognise import Visitor

# What of a client's own request id may be said again in a header.
_ECHOED = re.compile(r"[!-~]([ -~]{0,198}[!-~])?")
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors {ancestors}"
)


def from_environment() -> Flask:
    """The application as a WSGI server runs it: settings from the environment, writer and worker started.

    Called in the serving process itself, since servers load the application in a child.
    """
    settings = read_settings()
    configure_logs(settings)
    if settings.is_embedded:
        hold_folder(settings.folder)
        upgrade(settings.database)
    wiring = wire(settings)
    wiring.desk.writer.start()
    if settings.is_embedded:
        take_over(wiring.desk)
    workers = worker.start(wiring) if settings.worker == "embedded" else None
    atexit.register(_stop, wiring, workers)
    return create_app(wiring)


def create_app(wiring: Wiring) -> Flask:
    """The Flask application over these live parts; RouteWithoutPolicy where a route says not who may pass."""
    app = Flask("service", static_folder=str(paths.static()), template_folder=str(paths.templates()))
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    app.extensions[guards.WIRING] = wiring
    published = fhir_definitions.publish(paths.definitions(), wiring.questionnaires)
    app.extensions[fhir_definitions.PUBLISHED] = published
    if wiring.settings.trusted_hops:
        hops = wiring.settings.trusted_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    cors.install(app)
    app.before_request(guards.admit)
    app.after_request(_seal_answer)
    app.context_processor(_for_every_page)
    dates.install(app)
    problems.install(app)
    pages = (patient, patient_changes, patient_late, clinician, visits, owed, compliance, launch, health)
    doors = [
        door.door
        for door in (
            *pages,
            fhir_api,
            fhir_audit_events,
            export_base,
            fhir_batch,
            fhir_bundles,
            fhir_operations,
            fhir_updates,
            fhir_tasks,
            fhir_questionnaires,
            fhir_provenance,
            fhir_encounters,
            fhir_documents,
            fhir_binaries,
            notifications,
        )
    ]
    hang(app, doors, {"static": PUBLIC})
    return app


def configure_logs(settings: Settings) -> None:
    """JSON lines on standard output, from the level the operator chose; no exception's text is ever in them."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
    )


def _for_every_page() -> dict[str, object]:
    """What the layout shows everywhere: the clinic, the patient's banner, the form token."""
    context, visitor = g.get("context"), g.get("visitor")
    if context is None or visitor is None:
        return {"clinic": None, "visit": None, "csrf": "", "banner": None, "sandbox": _is_demo()}
    return {
        "clinic": _clinic_facts(context.clinic),
        "visit": visitor.visit.handle,
        "csrf": g.csrf,
        "banner": visitor.header if visitor.header.name else None,
        "banner_on_paper": not _shows_banner(visitor),
        "session_ends": visitor.ends,
        "person_mark": guards.short_digest(f"{context.clinic} {context.person}"),
        "sandbox": _is_demo(),
    }


def _shows_banner(visitor: Visitor) -> bool:
    """Who the patient is, unless the record system shows it around us (SMART A-74)."""
    return visitor.visit.kind == "patient" or visitor.visit.contents.need_patient_banner


def _clinic_facts(key: str) -> dict[str, object]:
    desk = guards.desk()
    clinic = desk.clinic(key)
    first = desk.library.sets[0]
    return {
        "name": clinic.title,
        "zone": clinic.zone,
        "telephone": clinic.telephone,
        "notice": first.notice,
        "crisis_line": first.crisis_line,
        "tell_when_read": clinic.tell_when_read,
        "release_hour": "" if clinic.release.hour is None else clinic.release.hour.strftime("%H:%M"),
        "language": clinic.language,
    }


def _is_demo() -> bool:
    return guards.wiring().settings.mode == "demo"


def _seal_answer(response: Response) -> Response:
    """The headers every answer carries (threats T27 to T31)."""
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _POLICY.format(ancestors=_ancestors()))
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    if "visit" in (request.view_args or {}) or request.blueprint == "launch":
        # a cache that minds no no-store still keeps each person's page apart (T30)
        response.vary.add("Cookie")
    if request.endpoint == "static" and "after" in request.args:
        # Asked for by the signed-out page: Chromium keeps left pages whole for "Back", no-store or not, and only
        # an answer that comes after the page was left empties that cache of it (threat T30).
        headers["Clear-Site-Data"] = '"cache"'
        headers["Cache-Control"] = "no-store"
    headers["X-Request-Id"] = g.get("request_id", "")
    theirs = request.headers.get("X-Request-Id", "")
    if theirs != headers["X-Request-Id"] and _ECHOED.fullmatch(theirs):
        # R4 http, custom headers: where ours stands in its place, the client still finds its own.
        headers["X-Correlation-Id"] = theirs
    return response


def _ancestors() -> str:
    """Who may frame a page: the list of the clinic that it belongs to, else nobody (T28)."""
    context = g.get("context")
    home = context.clinic if context is not None else g.get("framed_for")
    listed = guards.desk().clinic(home).frame_ancestors if home is not None else ()
    return " ".join(listed) or "'none'"


def _stop(wiring: Wiring, workers: "worker.Workers | None") -> None:
    if workers is not None:
        workers.stop()
    wiring.stop()
