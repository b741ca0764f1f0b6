"""The clinician's pages: this patient's newest entry, any other, and the repeating prompts side by side."""

from dataclasses import dataclass
from datetime import datetime

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from service.access.policies import CLINICIAN_PAGE
from service.journal.entries import EntryStatus, shared_answers
from service.journal.problems import ChangedElsewhere
from service.journal.rulings import Reason
from service.journal.unread import Reading
from service.web import deciding, guards, wording
from service.web.cards import Place, free_places
from service.web.chart import around
from service.web.doors import Door
from service.web.guards import context, desk, form, visitor
from service.web.reading import NotReadable
from service.workflow.decide import move_entry_to
from service.workflow.look_up_readings import look_up_readings
from service.workflow.make_course_summary import make_course_summary
from service.workflow.mark_as_read import mark_as_read
from service.workflow.open_course import OpenedCourse
from service.workflow.read_entries import Beside, ReadEntry, newest_entry, read_entry
from service.workflow.read_entries import side_by_side as read_side_by_side
from service.workflow.sign_out import sign_out as close_visit

door = Door("clinician", url_prefix="/chart/<visit>")

NO_INFUSION = "no infusion"  # no encounter can be called so: an id holds no blank
NOT_MARKED = (
    "This entry has changed since you opened it, so it is not marked as read. Below is how it stands now."
)


@dataclass(frozen=True, slots=True)
class PromptRow:
    """One prompt and what the patient shared under it."""

    prefix: str
    text: str
    answer: str | None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One entry as the chart shows it. `cause`, `made_by`, `why` and `recorded_at` tell of its newest version's making.

    `because` is what the patient says of why they changed their words, at `authored`.

    `difference` names how today's reading of the record system differs from what the entry froze.
    """

    id: str
    set_title: str
    ordinal: int | None
    when: datetime | None
    authored: datetime
    status: str
    version: int
    filing: str
    filed_at: datetime | None
    prompts: tuple[PromptRow, ...]
    written_at: datetime
    cause: str
    made_by: str | None
    why: str | None
    because: str | None
    recorded_at: datetime
    difference: str | None
    now_ordinal: int | None
    reading: Reading


@dataclass(frozen=True, slots=True)
class MoveForm:
    """Where an entry can be moved: the infusions that nothing was sent for, and off its own."""

    places: tuple[Place, ...]
    can_be_none: bool


@dataclass(frozen=True, slots=True)
class Theme:
    """One row of answers under prompts of one theme."""

    title: str
    columns: tuple["Column", ...]


@dataclass(frozen=True, slots=True)
class Column:
    """One infusion's answer in such a row, under the words it answered."""

    ordinal: int | None
    when: datetime | None
    text: str
    answer: str | None


@door.open("/", CLINICIAN_PAGE)
def newest(visit: str) -> str:
    found = newest_entry(desk(), context())
    if isinstance(found, OpenedCourse):
        return render_template("clinician/empty.html", **around(found))
    return _entry_page(found)


@door.open("/entry/<entry_id>", CLINICIAN_PAGE)
def entry(visit: str, entry_id: str) -> str:
    return _entry_page(read_entry(desk(), context(), entry_id))


@door.open("/side-by-side", CLINICIAN_PAGE)
def side_by_side(visit: str) -> str:
    course, rows = read_side_by_side(desk(), context())
    themes = [_theme(row) for row in rows.values() if row]
    return render_template("clinician/side_by_side.html", themes=themes, **around(course))


@door.open("/course.pdf", CLINICIAN_PAGE)
def course(visit: str) -> Response:
    response = Response(
        make_course_summary(desk(), context(), visitor().header), content_type="application/pdf"
    )
    response.headers["Content-Disposition"] = 'attachment; filename="infusion-journal-course.pdf"'
    return response


@door.open("/move", CLINICIAN_PAGE, "POST")
def move(visit: str) -> AnyResponse | tuple[str, int]:
    fields = form()
    entry_id, target = fields.get("entry", ""), fields.get("target")
    why = deciding.one_of(Reason, fields.get("why"))
    if not target:
        raise NotReadable
    place = None if target == NO_INFUSION else target
    try:
        move_entry_to(desk(), context(), fields.get("patient", ""), entry_id, place, why)
    except deciding.REFUSALS as problem:
        sentence, status = deciding.answer_to(problem)
        return _entry_page(read_entry(desk(), context(), entry_id), sentence, fields), status
    return redirect(url_for("clinician.entry", visit=visit, entry_id=entry_id), 303)


@door.open("/entry/<entry_id>/read", CLINICIAN_PAGE, "POST")
def mark_read(visit: str, entry_id: str) -> AnyResponse | tuple[str, int]:
    try:
        is_new = mark_as_read(desk(), context(), entry_id, _version(form().get("version", "")))
    except ChangedElsewhere:
        return _entry_page(read_entry(desk(), context(), entry_id), NOT_MARKED), 409
    said = "yes" if is_new else "before"
    return redirect(url_for("clinician.entry", visit=visit, entry_id=entry_id, read=said), 303)


@door.open("/sign-out", CLINICIAN_PAGE, "POST")
def sign_out(visit: str) -> AnyResponse:
    close_visit(desk(), context(), visitor())
    page = render_template("patient/signed_out.html", visit=None, banner=None)
    return guards.take_cookie(make_response(page), visit)


def _entry_page(found: ReadEntry, problem: str | None = None, again: dict[str, str] | None = None) -> str:
    return render_template(
        "clinician/entry.html",
        entry=_page_of(found),
        move=_move_of(found),
        patient_id=found.course.patient_id,
        problem=problem,
        again=again or {},
        said_read=None if problem else request.args.get("read"),
        **around(found.course),
    )


def _version(said: str) -> int:
    """The version that a form showed; NotReadable for what is no plain number."""
    if not said.isascii() or not said.isdecimal() or len(said) > 9:
        raise NotReadable
    return int(said)


def _move_of(found: ReadEntry) -> MoveForm | None:
    """Where this entry can go; None where it was entered in error, or has nowhere to go."""
    places = free_places(found.course.steps)
    attached = found.entry.link.encounter_id is not None
    if found.entry.status is EntryStatus.ENTERED_IN_ERROR or not (places or attached):
        return None
    return MoveForm(places, can_be_none=attached)


def _page_of(found: ReadEntry) -> EntryPage:
    entry, filing = found.entry, found.filing
    answers = shared_answers(entry.answers)
    step = next((one for one in found.course.steps if one.entry and one.entry.id == entry.id), None)
    today = step.assignment if step else None
    return EntryPage(
        id=entry.id,
        set_title=found.prompt_set.title,
        ordinal=entry.link.ordinal,
        when=entry.link.infusion_start,
        authored=entry.authored,
        status=entry.status.value,
        version=entry.version,
        filing=wording.delivery_state(filing),
        filed_at=filing.settled_at if filing else None,
        prompts=tuple(
            PromptRow(asked.prefix, asked.text, answers.get(asked.link_id))
            for asked in found.prompt_set.prompts
        ),
        written_at=entry.begun_at or entry.authored,
        cause=entry.cause.value,
        made_by=entry.made_by,
        why=entry.why,
        because=entry.because,
        recorded_at=entry.recorded_at,
        difference=step.difference if step else None,
        now_ordinal=today.ordinal if today else None,
        reading=look_up_readings(desk(), context(), [entry])[entry.id],
    )


def _theme(row: tuple[Beside, ...]) -> Theme:
    columns = tuple(Column(one.ordinal, one.infusion_start, one.prompt, one.answer) for one in row)
    return Theme(row[0].prompt, columns)
