"""A bare Flask app that shows every page with invented values: doors by name only, no rule behind them."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask, Response, render_template
from flask.typing import ResponseReturnValue
from werkzeug.serving import make_server

from service import paths
from service.web import dates
from service.web.cards import free_places
from service.web.clinician import NOT_MARKED
from tests.pages import samples as s
from tests.pages.courses import MOVED, open_course, plain, quiet_course, shown

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self';"
    " connect-src 'self'; form-action 'self'; base-uri 'none'"
)
DOORS = {
    "patient.home": "/journal/<visit>/",
    "patient.begin": "/journal/<visit>/begin",
    "patient.begin_at_once": "/journal/<visit>/begin-now",
    "patient.prompt": "/journal/<visit>/entry/<key>/prompt/<int:number>",
    "patient.all_prompts": "/journal/<visit>/entry/<key>/all",
    "patient.autosave": "/journal/<visit>/entry/<key>/draft",
    "patient.check": "/journal/<visit>/entry/<key>/check",
    "patient.send": "/journal/<visit>/entry/<key>/send",
    "patient.receipt": "/journal/<visit>/entry/<key>/receipt",
    "changes.take_back": "/journal/<visit>/entry/<key>/take-back",
    "changes.change": "/journal/<visit>/entry/<key>/change",
    "changes.leave": "/journal/<visit>/entry/<key>/leave",
    "late.choose": "/journal/<visit>/entry/<key>/before/",
    "changes.mistake": "/journal/<visit>/entry/<key>/mistake",
    "patient.copy": "/journal/<visit>/entry/<key>/copy.pdf",
    "patient.course": "/journal/<visit>/course.pdf",
    "patient.stop": "/journal/<visit>/entry/<key>/stop",
    "patient.refresh": "/journal/<visit>/refresh",
    "patient.sign_out": "/journal/<visit>/sign-out",
    "clinician.newest": "/chart/<visit>/",
    "clinician.entry": "/chart/<visit>/entry/<entry_id>",
    "clinician.side_by_side": "/chart/<visit>/side-by-side",
    "clinician.course": "/chart/<visit>/course.pdf",
    "clinician.move": "/chart/<visit>/move",
    "clinician.mark_read": "/chart/<visit>/entry/<entry_id>/read",
    "clinician.sign_out": "/chart/<visit>/sign-out",
    "visits.show": "/chart/<visit>/visits",
    "visits.worklist": "/chart/<visit>/worklist",
    "visits.decide": "/chart/<visit>/decide",
    "visits.say": "/chart/<visit>/say",
    "visits.take_back": "/chart/<visit>/take-back",
    "owed.show": "/chart/<visit>/not-in-record",
    "owed.of_all": "/chart/<visit>/not-in-record/all",
    "owed.send": "/chart/<visit>/send-again",
    "owed.paper": "/chart/<visit>/paper/<filing_id>",
    "compliance.log": "/compliance/<visit>/",
    "compliance.export": "/compliance/<visit>/export.ndjson",
    "compliance.who": "/compliance/<visit>/patient/<patient_id>",
    "compliance.verify": "/compliance/<visit>/verify",
    "compliance.sign_out": "/compliance/<visit>/sign-out",
    "launch.start": "/launch/<clinic>/patient",
}

_CHECK = {
    "answers": [
        s.Values(number=number, prompt=prompt, answer=answer, private=number == 3)
        for number, (prompt, answer) in enumerate(zip(s.PROMPTS, s.ANSWERS, strict=True), 1)
    ],
    **s.WRITING,
}
_BLANK = [
    s.Values(number=n, prompt=prompt, answer="", private=False) for n, prompt in enumerate(s.PROMPTS, 1)
]
_ALONE = [s.Values(number=1, prompt=s.PROMPTS[0], answer=s.LONG, private=True)]
_RECEIPT = {
    **s.WRITING,
    "sent_at": s.SENT,
    "filed_at": None,
    "held_until": None,
    "is_amended": False,
    "stands_there": False,
    "amending": False,
    "unchanged": False,
}
_CHANGED = {**_RECEIPT, "is_amended": True, "stands_there": True}
_PROMPT = {**s.WRITING, "prompt": s.PROMPTS[1], "private": False, "looks_back": s.EARLIER}
_ALL = [
    (prompt, answer, number == 2, s.EARLIER if number == 1 else [])
    for number, (prompt, answer) in enumerate(zip(s.PROMPTS, s.ANSWERS, strict=True))
]
_KEPT = {"csrf": "old", "revision": "4", "text": s.LONG, "private": "yes", "go": "next"}

_OPEN = open_course()
_ITEMS = shown(_OPEN)["items"]
_TIMED = next(one for one in _ITEMS if one.reason == "no-start")
_REFUSED = {
    "problem": "The clocks went back that night, so this time came twice. Please say which one you mean.",
    "again": {"item": _TIMED.id, "way": "given", "day": "2026-11-01", "clock": "01:30", "why": "other"},
    "time_twice": True,
}
_OWED = {"page": "owed", "infusions": s.COURSE, "rows": s.OWED, "problem": None, "sent": False}
_OWED_BY_ALL = {
    "page": "owed-by-all",
    "banner": None,
    "infusions": None,
    "patients": [
        s.Values(id="pat-1", patient=s.BANNER, rows=s.OWED),
        s.Values(id="pat-2", patient=None, rows=s.OWED[:1]),
    ],
    "problem": None,
    "sent": False,
}
_WORKLIST = {
    "page": "worklist",
    "banner": None,
    "patients": [
        s.Values(id="pat-1", patient=s.BANNER, items=_ITEMS),
        s.Values(id="pat-2", patient=None, items=[s.Values(**(vars(_ITEMS[0]) | {"id": "another"}))]),
    ],
    "unread": s.UNREAD,
    "more_unread": True,
}
_NO_WORK = {**_WORKLIST, "patients": [], "unread": [], "more_unread": False}

# Page name -> (template, values). The name says what is special about it.
PAGES: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "home": (
        "patient/home.html",
        {
            "infusions": s.INFUSIONS,
            "write_now": s.WRITE_NOW,
            "waiting": True,
            "record_silent": False,
            "has_paper": True,
        },
    ),
    "home-first": (
        "patient/home.html",
        {"infusions": s.UNATTACHED, "write_now": s.WRITE_FIRST, "waiting": False, "record_silent": False},
    ),
    "home-silent": (
        "patient/home.html",
        {"infusions": [], "write_now": s.WRITE_FIRST, "waiting": False, "record_silent": True},
    ),
    "home-nothing": (
        "patient/home.html",
        {"infusions": [], "write_now": None, "waiting": False, "record_silent": False},
    ),
    "prompt-first": (
        "patient/prompt.html",
        {**_PROMPT, "prompt": s.PROMPTS[0], "number": 1, "answer": "", "saved_at": None, "looks_back": []},
    ),
    "prompt": ("patient/prompt.html", {**_PROMPT, "number": 2, "answer": s.LONG}),
    "prompt-unattached": (
        "patient/prompt.html",
        {**_PROMPT, "ordinal": None, "when": None, "number": 2, "answer": s.LONG},
    ),
    "all": ("patient/all.html", {**s.WRITING, "prompts": _ALL}),
    "check": ("patient/check.html", _CHECK),
    "check-nothing": ("patient/check.html", {**_CHECK, "answers": _BLANK}),
    "check-private": ("patient/check.html", {**_CHECK, "answers": _ALONE}),
    "receipt-sent": ("patient/receipt.html", {**_RECEIPT, "state": "sent"}),
    "receipt-filed": ("patient/receipt.html", {**_RECEIPT, "state": "filed", "filed_at": s.SENT}),
    "receipt-held": ("patient/receipt.html", {**_RECEIPT, "state": "held-there"}),
    "receipt-seen": (
        "patient/receipt.html",
        {**_RECEIPT, "state": "filed", "filed_at": s.SENT, "reading": s.READ},
    ),
    "receipt-seen-before": ("patient/receipt.html", {**_CHANGED, "state": "sent", "reading": s.READ_BEFORE}),
    "receipt-missing": ("patient/receipt.html", {**_RECEIPT, "state": "not-in-record"}),
    "receipt-waiting": (
        "patient/receipt.html",
        {**_RECEIPT, "state": "waiting", "ordinal": None, "when": None},
    ),
    "receipt-kept": ("patient/receipt.html", {**_RECEIPT, "state": "kept"}),
    "receipt-until": ("patient/receipt.html", {**_RECEIPT, "state": "held", "held_until": s.MORNING}),
    "receipt-changed": ("patient/receipt.html", {**_CHANGED, "state": "sent", "because": s.BECAUSE}),
    "receipt-changed-filed": ("patient/receipt.html", {**_CHANGED, "state": "filed", "filed_at": s.SENT}),
    "receipt-changing": (
        "patient/receipt.html",
        {**_RECEIPT, "state": "filed", "filed_at": s.SENT, "amending": True},
    ),
    "receipt-unchanged": (
        "patient/receipt.html",
        {**_RECEIPT, "state": "filed", "filed_at": s.SENT, "unchanged": True},
    ),
    "receipt-mistake": ("patient/receipt.html", {**_RECEIPT, "state": "mistake"}),
    "receipt-striking": ("patient/receipt.html", {**_RECEIPT, "state": "striking"}),
    "receipt-struck": ("patient/receipt.html", {**_RECEIPT, "state": "struck", "filed_at": s.SENT}),
    "mistake": ("patient/mistake.html", {**s.WRITING, "sent_at": s.SENT}),
    "check-change": ("patient/check.html", {**_CHECK, "amending": True, "most_of_a_reason": 300}),
    "check-until": ("patient/check.html", {**_CHECK, "clinic": s.HOLDING}),
    "conflict": (
        "patient/conflict.html",
        {**s.WRITING, "prompts": [(s.PROMPTS[0], s.LONG, "It went dark."), (s.PROMPTS[3], "Rest.", "")]},
    ),
    "late": (
        "patient/conflict.html",
        {
            **s.WRITING,
            "late": ["words-1"],
            "first_mine": True,
            "prompts": [(s.PROMPTS[0], s.LONG, "It went dark."), (s.PROMPTS[3], "Rest.", "")],
        },
    ),
    "stopped": ("patient/stopped.html", {"key": s.KEY, "resume_number": 2}),
    "signed-out": ("patient/signed_out.html", {"visit": None, "sign_in_url": "/launch/marigold/patient"}),
    "entry": (
        "clinician/entry.html",
        {"entry": s.ENTRY, "infusions": s.COURSE, "skipped": "No answer shared", "care_team": True},
    ),
    "entry-read": (
        "clinician/entry.html",
        {
            "entry": s.Values(**(vars(s.ENTRY) | {"reading": s.READ})),
            "infusions": s.COURSE,
            "care_team": True,
            "said_read": "before",
        },
    ),
    "entry-read-before": (
        "clinician/entry.html",
        {
            "entry": s.Values(
                **(vars(s.ENTRY) | {"reading": s.READ_BEFORE, "status": "amended", "version": 2})
            ),
            "infusions": s.COURSE,
            "care_team": True,
            "problem": NOT_MARKED,
        },
    ),
    "entry-changed": (
        "clinician/entry.html",
        {
            "entry": s.Values(**(vars(s.ENTRY) | {"status": "amended", "version": 2, "because": s.BECAUSE})),
            "infusions": s.COURSE,
        },
    ),
    "entry-moved": (
        "clinician/entry.html",
        {
            "entry": s.Values(**(vars(s.ENTRY) | MOVED | {"difference": "ordinal", "now_ordinal": 4})),
            "move": s.Values(places=plain(free_places(_OPEN.overview.steps)), can_be_none=True),
            "patient_id": "pat-1",
            "problem": "That infusion cannot be chosen any more. Please choose again.",
            "again": {},
            "infusions": s.COURSE,
            "open_items": 2,
            "care_team": True,
        },
    ),
    "entry-waiting": (
        "clinician/entry.html",
        {
            "entry": s.Values(**(vars(s.ENTRY) | {"ordinal": None, "when": None, "filing": "waiting"})),
            "move": s.Values(places=plain(free_places(_OPEN.overview.steps)), can_be_none=False),
            "patient_id": "pat-1",
            "again": {},
            "infusions": s.COURSE,
        },
    ),
    "visits": ("clinician/visits.html", shown(_OPEN)),
    "visits-refused": ("clinician/visits.html", {**shown(_OPEN), **_REFUSED}),
    "visits-quiet": ("clinician/visits.html", {**shown(quiet_course()), "care_team": False, "kept": True}),
    "worklist": ("clinician/worklist.html", {**shown(_OPEN), **_WORKLIST}),
    "worklist-empty": ("clinician/worklist.html", {**shown(_OPEN), **_NO_WORK}),
    "owed": ("clinician/owed.html", {**shown(_OPEN), **_OWED}),
    "owed-changed": ("clinician/owed.html", {**shown(_OPEN), **_OWED, "problem": s.MEANWHILE}),
    "owed-none": ("clinician/owed.html", {**shown(quiet_course()), **_OWED, "rows": [], "sent": True}),
    "owed-by-all": ("clinician/owed_by_all.html", {**shown(_OPEN), **_OWED_BY_ALL}),
    "owed-by-all-none": ("clinician/owed_by_all.html", {**shown(_OPEN), **_OWED_BY_ALL, "patients": []}),
    "entry-empty": ("clinician/empty.html", {"infusions": s.COURSE}),
    "side-by-side": ("clinician/side_by_side.html", {"themes": s.THEMES, "infusions": s.COURSE}),
    "side-by-side-empty": ("clinician/side_by_side.html", {"themes": [], "infusions": []}),
    "log": (
        "compliance/log.html",
        {"rows": s.ROWS, "filters": s.FILTERS, "next_url": "?after=9", "head": s.HEAD},
    ),
    "log-empty": (
        "compliance/log.html",
        {"rows": [], "filters": s.FILTERS, "next_url": None, "head": s.HEAD},
    ),
    "who": (
        "compliance/who.html",
        {"patient": "pat-1", "people": s.PEOPLE, "rows": s.ROWS, "next_url": None},
    ),
    "verified": ("compliance/verified.html", {"verdict": s.VERDICT}),
    "verified-broken": ("compliance/verified.html", {"verdict": s.BROKEN}),
    "launch-failed": ("launch/failed.html", {"problem": s.PROBLEM, "again_url": "/again", "visit": None}),
    "open-window": ("launch/open_window.html", {"open_url": "/journal/v8f3k/", "visit": None}),
    "problem": (
        "problem/page.html",
        {"sentence": "There is nothing here for you.", "name": "NotYours", "status": 404},
    ),
    "problem-kept": (
        "problem/page.html",
        {
            "sentence": "We are very busy just now.",
            "name": "TooBusy",
            "status": 503,
            "keep_text": _KEPT,
            "keep_action": f"/journal/{s.VISIT}/entry/{s.KEY}/prompt/2",
        },
    ),
}
PATIENTS = tuple(name for name, (template, _) in PAGES.items() if template.startswith("patient/"))
WATCHED = tuple(
    name
    for name, (template, _) in PAGES.items()
    if template in {f"patient/{page}.html" for page in ("prompt", "all", "check", "conflict", "receipt")}
)


def build() -> Flask:
    """The preview: /show/<page> shows one page; every door exists and answers 204."""
    app = Flask("preview", template_folder=str(paths.templates()), static_folder=str(static()))
    dates.install(app)
    for name, rule in DOORS.items():
        app.add_url_rule(rule, name, _nothing, methods=["GET", "POST", "PUT"])
    app.add_url_rule("/show/<page>", "show", _show)
    app.after_request(_guarded)
    return app


def static() -> str:
    """The folder of the service's own static files."""
    return str(paths.templates().parent / "service" / "web" / "static")


def context(page: str) -> dict[str, Any]:
    """Everything the page is given, the values for every page included."""
    everywhere = {
        "clinic": s.CLINIC,
        "csrf": "csrf-of-this-session",
        "visit": s.VISIT,
        "banner": s.BANNER,
        "sandbox": True,
        "person_mark": "p1",
        "session_ends": datetime.now(UTC) + timedelta(hours=1),
    }
    return everywhere | dict(PAGES[page][1])


def _show(page: str) -> str:
    return render_template(PAGES[page][0], **context(page))


def _nothing(**_: object) -> ResponseReturnValue:
    return "", 204


def _guarded(response: Response) -> Response:
    response.headers["Content-Security-Policy"] = CSP
    response.headers["Cache-Control"] = "no-store"
    return response


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """The app on an ephemeral port of this machine, as its base URL."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
