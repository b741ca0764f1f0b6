"""The clinician's visits and worklist: what waits for a decision, what was counted and why, and every decision."""

from collections.abc import Callable
from dataclasses import dataclass

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from service.access.policies import CLINICIAN_PAGE
from service.journal.problems import NotYours
from service.journal.rulings import Reason, RulingKind
from service.r4.patient import PatientSeen
from service.web import cards, deciding, guards
from service.web.chart import around
from service.web.doors import Door
from service.web.guards import context, desk, form
from service.web.reading import NotReadable
from service.web.unread import unread_rows
from service.workflow import decide as deciding_workflow
from service.workflow.open_unread import open_unread
from service.workflow.open_worklist import Charted, open_visits, open_worklist

door = Door("visits", url_prefix="/chart/<visit>")

_SAID = {
    "not-given": RulingKind.NOT_GIVEN,
    "series-begins": RulingKind.SERIES_BEGINS,
    "series-closed": RulingKind.SERIES_CLOSED,
    "ask-closing": RulingKind.ASK_SET,
    "ask-nothing": RulingKind.ASK_NOTHING,
}


@dataclass(frozen=True, slots=True)
class PatientRow:
    """One patient of the worklist; `patient` is None where the record system names nobody."""

    id: str
    patient: PatientSeen | None
    items: tuple[cards.Card, ...]


@door.open("/visits", CLINICIAN_PAGE)
def show(visit: str) -> str:
    return _visits_page()


@door.open("/worklist", CLINICIAN_PAGE)
def worklist(visit: str) -> str:
    return _worklist_page()


@door.open("/decide", CLINICIAN_PAGE, "POST")
def decide(visit: str) -> AnyResponse | tuple[str, int]:
    fields = form()
    return _done(
        visit,
        lambda: deciding_workflow.settle(
            desk(), context(), _patient(fields), deciding.decision(fields, guards.clinic().zone)
        ),
    )


@door.open("/say", CLINICIAN_PAGE, "POST")
def say(visit: str) -> AnyResponse | tuple[str, int]:
    fields = form()
    said, why = fields.get("kind", ""), deciding.one_of(Reason, fields.get("why"))
    kind, closing = _SAID.get(said), guards.clinic().library.closing
    if kind is None:
        raise NotReadable
    set_url = closing.url if said == "ask-closing" and closing else None
    return _done(
        visit,
        lambda: deciding_workflow.decide(
            desk(), context(), _patient(fields), kind, fields.get("encounter", ""), why, set_url
        ),
    )


@door.open("/take-back", CLINICIAN_PAGE, "POST")
def take_back(visit: str) -> AnyResponse | tuple[str, int]:
    fields = form()
    why = deciding.one_of(Reason, fields.get("why"))
    return _done(
        visit,
        lambda: deciding_workflow.take_back(
            desk(), context(), _patient(fields), fields.get("ruling", ""), why
        ),
    )


def _done(visit: str, act: Callable[[], None]) -> AnyResponse | tuple[str, int]:
    """To the list the form came from; where the decision was not taken, that list with the sentence and the form."""
    from_worklist = form().get("page") == "worklist"
    try:
        act()
    except deciding.REFUSALS as problem:
        sentence, status = deciding.answer_to(problem)
        twice = isinstance(problem, deciding.TimeTwice)
        page = _worklist_page if from_worklist else _visits_page
        return page(sentence, form(), time_twice=twice), status
    endpoint = "visits.worklist" if from_worklist else "visits.show"
    return redirect(url_for(endpoint, visit=visit, kept="yes"), 303)


def _visits_page(
    problem: str | None = None, again: dict[str, str] | None = None, *, time_twice: bool = False
) -> str:
    charted = open_visits(desk(), context())
    seen = _seen(charted)
    return render_template(
        "clinician/visits.html",
        **around(charted.opened) | {"infusions": None},
        patient_id=charted.opened.patient_id,
        items=cards.cards(seen),
        series=cards.series_rows(seen),
        apart=cards.apart(seen),
        rulings=cards.ruling_rows(seen),
        left_out=cards.left_out(seen),
        closing=guards.clinic().library.closing,
        page="visits",
        **_said_before(problem, again, time_twice),
    )


def _worklist_page(
    problem: str | None = None, again: dict[str, str] | None = None, *, time_twice: bool = False
) -> str:
    found = open_worklist(desk(), context())
    patients = [PatientRow(one.opened.patient_id, one.patient, cards.cards(_seen(one))) for one in found]
    names = {one.id: one.patient for one in patients if one.patient is not None}
    unread = open_unread(desk(), context(), names)
    own = next((len(one.items) for one in patients if one.id == context().only_patient), 0)
    return render_template(
        "clinician/worklist.html",
        patients=patients,
        unread=unread_rows(unread, guards.clinic().library),
        more_unread=unread.are_more,
        open_items=own,
        care_team=True,
        page="worklist",
        banner=None,  # this page is about many patients, not about the one whose chart is open
        **_said_before(problem, again, time_twice),
    )


def _said_before(problem: str | None, again: dict[str, str] | None, time_twice: bool) -> dict[str, object]:
    return {
        "problem": problem,
        "again": again or {},
        "time_twice": time_twice,
        "kept": problem is None and request.args.get("kept") == "yes",
        "today": desk().now().astimezone(guards.zone_of(guards.clinic())).date().isoformat(),
    }


def _seen(charted: Charted) -> cards.Seen:
    opened = charted.opened
    return cards.Seen(
        opened.overview, charted.visits, guards.clinic().library, opened.filings, guards.clinic().zone
    )


def _patient(fields: dict[str, str]) -> str:
    """Whom the form is about; the workflow says whether that patient is within reach."""
    if not fields.get("patient"):
        raise NotYours
    return fields["patient"]
