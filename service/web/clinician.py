"""The clinician's pages: this patient's newest entry, any other, and the repeating prompts side by side."""

from dataclasses import dataclass
from datetime import datetime

from flask import make_response, render_template
from werkzeug.wrappers import Response as AnyResponse

from service.access.policies import CLINICIAN_PAGE
from service.journal.entries import shared_answers
from service.web import guards, wording
from service.web.doors import Door
from service.web.guards import context, desk, visitor
from service.workflow.open_course import OpenedCourse
from service.workflow.read_entries import Beside, ReadEntry, newest_entry, read_entry
from service.workflow.read_entries import side_by_side as read_side_by_side
from service.workflow.sign_out import sign_out as close_visit

door = Door("clinician", url_prefix="/chart/<visit>")


@dataclass(frozen=True, slots=True)
class PromptRow:
    """One prompt and what the patient shared under it."""

    prefix: str
    text: str
    answer: str | None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One entry as the chart shows it."""

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


@dataclass(frozen=True, slots=True)
class CourseRow:
    """One infusion in the list beside: an entry is named only once it was sent."""

    ordinal: int | None
    when: datetime | None
    entry_id: str | None
    state: str


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
        return render_template("clinician/empty.html", infusions=_course(found))
    return _entry_page(found)


@door.open("/entry/<entry_id>", CLINICIAN_PAGE)
def entry(visit: str, entry_id: str) -> str:
    return _entry_page(read_entry(desk(), context(), entry_id))


@door.open("/side-by-side", CLINICIAN_PAGE)
def side_by_side(visit: str) -> str:
    course, rows = read_side_by_side(desk(), context())
    themes = [_theme(row) for row in rows.values() if row]
    return render_template("clinician/side_by_side.html", themes=themes, infusions=_course(course))


@door.open("/sign-out", CLINICIAN_PAGE, "POST")
def sign_out(visit: str) -> AnyResponse:
    close_visit(desk(), context(), visitor())
    page = render_template("patient/signed_out.html", visit=None, banner=None)
    return guards.take_cookie(make_response(page), visit)


def _entry_page(found: ReadEntry) -> str:
    return render_template("clinician/entry.html", entry=_page_of(found), infusions=_course(found.course))


def _page_of(found: ReadEntry) -> EntryPage:
    entry, filing = found.entry, found.filing
    answers = shared_answers(entry.answers)
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
    )


def _course(course: OpenedCourse) -> list[CourseRow]:
    return [
        CourseRow(
            ordinal=step.link.ordinal,
            when=step.link.infusion_start,
            entry_id=step.entry.id if step.entry else None,
            state=wording.delivery_state(course.filings.get(step.entry.id)) if step.entry else step.standing,
        )
        for step in course.steps
    ]


def _theme(row: tuple[Beside, ...]) -> Theme:
    columns = tuple(Column(one.ordinal, one.infusion_start, one.prompt, one.answer) for one in row)
    return Theme(row[0].prompt, columns)
