"""Every translation of a problem into an answer: a page for a person, an OperationOutcome for a client."""

import errno
import logging

import structlog
from flask import Flask, Response, g, make_response, render_template, request, url_for
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from service.journal import problems
from service.journal.problems import Fault, Problem
from service.r4 import operation_outcome
from service.smart import problems as smart
from service.web import guards, reading
from service.web.late_words import hold_late_words
from service.web.sign_in_again import sign_in_again

FHIR_JSON = "application/fhir+json"

# The most particular class first: the status for HTTP and the issue code of R4 issue-type.
_ANSWERS: tuple[tuple[type[Exception], int, str], ...] = (
    (problems.NotYours, 404, "not-found"),
    (problems.NotAllowed, 403, "forbidden"),
    (problems.SignInNeeded, 401, "login"),
    (reading.LengthRequired, 411, "required"),
    (reading.TooLarge, 413, "too-long"),
    (reading.OnlyJson, 406, "not-supported"),
    (reading.UnsupportedType, 415, "not-supported"),
    (reading.CutShort, 400, "incomplete"),
    (reading.NotReadable, 400, "structure"),
    (problems.NothingWritten, 422, "business-rule"),
    (problems.NotAnEntry, 422, "invalid"),
    (problems.TooLong, 422, "too-long"),
    (problems.UnknownPromptSet, 422, "not-found"),
    (problems.Unusable, 400, "invalid"),
    (problems.ChangedElsewhere, 412, "conflict"),
    (problems.Conflict, 409, "conflict"),
    (problems.ForNow, 503, "transient"),
    (smart.ServerSilent, 503, "transient"),
    (smart.KeysUnavailable, 503, "transient"),
    (smart.LaunchProblem, 400, "login"),
    (smart.TokenInvalid, 401, "login"),
    (smart.TokenRefused, 401, "login"),
    (smart.SmartProblem, 400, "security"),
)

# What somebody may not have, do or know of.
_REFUSALS = (401, 403, 404)

_EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS)

_log = structlog.get_logger("web")


def install(app: Flask) -> None:
    """Let every problem, known or not, become an answer here and nowhere else."""
    app.register_error_handler(Problem, _known)
    app.register_error_handler(smart.SmartProblem, _known)
    app.register_error_handler(HTTPException, _by_flask)
    app.register_error_handler(Exception, _unexpected)


def status_of(problem: Exception) -> tuple[int, str]:
    """The HTTP status and issue code of a problem."""
    for kind, status, code in _ANSWERS:
        if isinstance(problem, kind):
            return status, code
    return 500, "exception"


def _known(problem: Problem | smart.SmartProblem) -> Response:
    status, code = status_of(problem)
    if status in _REFUSALS:
        try:
            guards.remember_refusal(problem)
        except problems.ForNow as later:
            problem, (status, code) = later, status_of(later)
    _log.log(
        logging.WARNING if status >= 500 else logging.INFO,
        "refused",
        problem=type(problem).__name__,
        reason=getattr(problem, "reason", ""),
        request_id=g.get("request_id"),
    )
    faults = getattr(problem, "faults", ()) or (Fault(code, problem.sentence),)
    response = _answer(status, problem.sentence, type(problem).__name__, faults)
    return _with_challenge(response, status, problem)


def _by_flask(problem: HTTPException) -> Response:
    status = problem.code or 500
    name, code, sentence = {
        404: ("NotYours", "not-found", problems.NotYours().sentence),
        405: ("NotOffered", "not-supported", "This is not offered here."),
    }.get(status, ("BadRequest", "invalid", "What was sent could not be read."))
    response = _answer(status, sentence, name, (Fault(code, sentence),))
    if isinstance(problem, MethodNotAllowed) and problem.valid_methods:
        response.headers["Allow"] = ", ".join(problem.valid_methods)
    return response


def _unexpected(problem: Exception) -> Response:
    # Type and place only: an exception's text may hold what somebody wrote (product rule 28).
    _log.error(
        "unexpected", kind=type(problem).__name__, where=_where(problem), request_id=g.get("request_id")
    )
    if _is_exhaustion(problem):
        return _known(problems.TooBusy())
    sentence = Problem().sentence
    return _answer(500, sentence, "Problem", (Fault("exception", sentence),))


def _is_exhaustion(problem: Exception) -> bool:
    """Whether this process had no memory or no handle left: it passes, and the same may be sent again (F7)."""
    return isinstance(problem, MemoryError) or (isinstance(problem, OSError) and problem.errno in _EXHAUSTED)


def _where(problem: Exception) -> str:
    trace = problem.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else ""


def _answer(status: int, sentence: str, name: str, faults: tuple[Fault, ...]) -> Response:
    if is_for_a_client():
        return Response(operation_outcome.write(faults), status, content_type=FHIR_JSON)
    if request.mimetype == "application/json":
        return make_response({"problem": name, "sentence": sentence}, status)
    return make_response(_page(sentence, name, status), status)


def _page(sentence: str, name: str, status: int) -> str:
    if request.blueprint == "launch":
        return render_template(
            "launch/failed.html", problem={"sentence": sentence, "name": name}, again_url=None
        )
    return render_template(
        "problem/page.html",
        sentence=sentence,
        name=name,
        status=status,
        keep_text=_words_sent(),
        keep_action=request.path,
        home_url=_home(),
        sign_in=sign_in_again() if status == 401 else None,
        held_until=hold_late_words() if status == 401 else None,
    )


def _home() -> str | None:
    """Back to the course, for a patient who is still signed in."""
    visitor = g.get("visitor")
    if visitor is None or visitor.visit.kind != "patient":
        return None
    return url_for("patient.home", visit=visitor.visit.handle)


def _words_sent() -> dict[str, str] | None:
    """The form that failed, so that the page can give the words back; None where it held none."""
    try:
        fields = guards.form() if request.method == "POST" and request.blueprint == "patient" else {}
    except Problem:
        return None
    typed = [name for name, value in fields.items() if name.startswith(("text", "mine-")) and value.strip()]
    return fields if typed else None


def is_for_a_client() -> bool:
    """Whether the answer goes to software that speaks FHIR rather than to a person's browser."""
    return request.blueprint == "fhir_api" or "/fhir" in request.path


def _with_challenge(response: Response, status: int, problem: Exception) -> Response:
    """RFC 6750 section 3: say what kind of token is asked for, and what was wrong with the one that came."""
    if not is_for_a_client():
        return response
    if isinstance(problem, guards.ScopeTooSmall):
        response.headers["WWW-Authenticate"] = f'Bearer error="insufficient_scope", scope="{problem.scope}"'
    elif isinstance(problem, smart.TokenInvalid):
        response.headers["WWW-Authenticate"] = 'Bearer realm="Infusion Journal", error="invalid_token"'
    elif status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="Infusion Journal"'
    if status == 503:
        response.headers["Retry-After"] = "5"
    return response
