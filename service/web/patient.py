"""The patient's pages: the course, one prompt a page or all at once, check, send, receipt, own copy."""

import re
from base64 import b64encode
from dataclasses import dataclass

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from service.access.policies import PATIENT_PAGE
from service.journal.entries import Answer, Draft, EntryStatus
from service.journal.lookback import Remembered
from service.journal.problems import (
    AlreadySent,
    ChangedElsewhere,
    NothingWritten,
    NotYours,
    RecordSystemSilent,
)
from service.journal.prompts import Prompt
from service.journal.release import is_held
from service.web import answers_sent, guards, wording
from service.web.doors import Door
from service.web.guards import context, desk, form, visitor
from service.web.patient_home import infusion_rows, resume_number, write_now
from service.web.reading import NotReadable, UnsupportedType, read_json
from service.workflow.begin_entry import begin_entry, begin_now
from service.workflow.hold_words import late_words_wait
from service.workflow.look_up_readings import readings_told_to_the_patient
from service.workflow.make_course_summary import make_course_summary, tells_others
from service.workflow.open_course import open_course
from service.workflow.open_entry import OpenedEntry, open_entry
from service.workflow.own_copy import own_copy
from service.workflow.refresh_infusions import refresh_infusions
from service.workflow.save_draft import read_draft, save_draft, stop_entry
from service.workflow.sign_out import sign_out as close_visit
from service.workflow.submit_entry import read_receipt, submit_entry

door = Door("patient", url_prefix="/journal/<visit>")

# An entry's key is a UUID, made before the first save (rule 13); its identifier everywhere is made from it.
_KEY = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One prompt of the check page."""

    number: int
    prompt: Prompt
    answer: str
    private: bool


@door.open("/", PATIENT_PAGE)
def home(visit: str) -> str:
    course = open_course(desk(), context())
    return render_template(
        "patient/home.html",
        infusions=infusion_rows(course),
        write_now=write_now(course),
        has_paper=tells_others(desk(), course.steps),
        waiting=course.in_doubt,
        record_silent=request.args.get("record") == "silent",
    )


@door.open("/refresh", PATIENT_PAGE, "POST")
def refresh(visit: str) -> AnyResponse:
    try:
        refresh_infusions(desk(), context(), visitor())
    except RecordSystemSilent:
        return redirect(url_for("patient.home", visit=visit, record="silent"), 303)
    return redirect(url_for("patient.home", visit=visit), 303)


@door.open("/begin", PATIENT_PAGE, "POST")
def begin(visit: str) -> AnyResponse:
    fields = form()
    if not _KEY.fullmatch(fields.get("key", "")):
        raise NotReadable
    try:
        draft = begin_entry(desk(), context(), fields["key"], fields.get("encounter", ""))
    except AlreadySent:
        return redirect(url_for("patient.home", visit=visit), 303)
    return _to_prompt(visit, draft.key, resume_number(draft))


@door.open("/begin-now", PATIENT_PAGE, "POST")
def begin_at_once(visit: str) -> AnyResponse:
    fields = form()
    if not _KEY.fullmatch(fields.get("key", "")):
        raise NotReadable
    try:
        draft = begin_now(desk(), context(), fields["key"], fields.get("set", ""))
    except AlreadySent:
        return redirect(url_for("patient.home", visit=visit), 303)
    return _to_prompt(visit, draft.key, resume_number(draft))


@door.open("/entry/<key>/prompt/<int:number>", PATIENT_PAGE, "GET", "POST")
def prompt(visit: str, key: str, number: int) -> AnyResponse | str:
    if request.method == "POST":
        return _prompt_posted(visit, key, number)
    opened = open_entry(desk(), context(), key)
    if opened.held:
        return _to_late_words(visit, key)
    asked = answers_sent.numbered(opened.prompt_set, number)
    answer = _answers(opened.draft).get(asked.link_id, Answer(asked.link_id, ""))
    return render_template(
        "patient/prompt.html",
        **writing(opened),
        number=number,
        total=len(opened.prompt_set.prompts),
        prompt=asked,
        answer=answer.text,
        private=answer.private,
        looks_back=_looks_back(opened.looks_back[asked.link_id]),
    )


def _prompt_posted(visit: str, key: str, number: int) -> AnyResponse:
    fields = form()
    _, prompt_set = read_draft(desk(), context(), key)
    answers = answers_sent.one_answer(fields, answers_sent.numbered(prompt_set, number))
    next_link = prompt_set.prompts[min(number, len(prompt_set.prompts) - 1)].link_id
    try:
        save_draft(desk(), context(), key, answers_sent.revision_of(fields), answers, resume_at=next_link)
    except ChangedElsewhere:
        return _conflict(key, answers)
    return _go(visit, key, fields.get("go", "next"), number, len(prompt_set.prompts))


@door.open("/entry/<key>/all", PATIENT_PAGE, "GET", "POST")
def all_prompts(visit: str, key: str) -> AnyResponse | str:
    if request.method == "POST":
        return _all_posted(visit, key)
    opened = open_entry(desk(), context(), key)
    if opened.held:
        return _to_late_words(visit, key)
    answers = _answers(opened.draft)
    prompts = [
        (asked, answer.text, answer.private, _looks_back(opened.looks_back[asked.link_id]))
        for asked in opened.prompt_set.prompts
        for answer in [answers.get(asked.link_id, Answer(asked.link_id, ""))]
    ]
    return render_template("patient/all.html", **writing(opened), prompts=prompts)


def _all_posted(visit: str, key: str) -> AnyResponse:
    fields = form()
    draft, prompt_set = read_draft(desk(), context(), key)
    choosing = answers_sent.is_choice(fields)
    read = (
        answers_sent.chosen(fields, prompt_set, draft)
        if choosing
        else answers_sent.all_answers(fields, prompt_set)
    )
    try:
        save_draft(desk(), context(), key, answers_sent.revision_of(fields), read)
    except ChangedElsewhere:
        return _conflict(key, read)
    number = answers_sent.place_of(read, prompt_set) if choosing else 1
    return _go(visit, key, fields.get("go", "all"), number, len(prompt_set.prompts))


@door.open("/entry/<key>/draft", PATIENT_PAGE, "PUT")
def autosave(visit: str, key: str) -> AnyResponse:
    if request.mimetype != "application/json":
        raise UnsupportedType  # what any page may send without asking is not taken (threat T26)
    _, body = read_json(request)
    typed = answers_sent.typed(body)
    try:
        saved = save_draft(desk(), context(), key, typed.revision, typed.answers, seen=typed.seen)
    except ChangedElsewhere as problem:
        url = url_for("patient.all_prompts", visit=visit, key=key)
        return make_response({"problem": problem.name, "sentence": problem.sentence, "conflictUrl": url}, 412)
    said = {"revision": saved.revision, "savedAt": saved.saved_at.isoformat()}
    return make_response(said | {"sessionEnds": visitor().ends.isoformat()})


@door.open("/entry/<key>/check", PATIENT_PAGE)
def check(visit: str, key: str) -> AnyResponse | str:
    opened = open_entry(desk(), context(), key)
    return _to_late_words(visit, key) if opened.held else _check_page(opened)


def _check_page(opened: OpenedEntry, problem: str | None = None, because: str | None = None) -> str:
    answers = _answers(opened.draft)
    rows = [
        CheckRow(number, asked, answer.text, answer.private)
        for number, asked in enumerate(opened.prompt_set.prompts, start=1)
        for answer in [answers.get(asked.link_id, Answer(asked.link_id, ""))]
    ]
    return render_template(
        "patient/check.html",
        **writing(opened),
        answers=rows,
        problem=problem,
        because=because,
        most_of_a_reason=answers_sent.MOST_OF_A_REASON,
    )


@door.open("/entry/<key>/send", PATIENT_PAGE, "POST")
def send(visit: str, key: str) -> AnyResponse | tuple[str, int]:
    if late_words_wait(desk(), context(), key):
        return _to_late_words(visit, key)
    revision, because = answers_sent.revision_of(form()), answers_sent.reason_of(form())
    try:
        sent = submit_entry(desk(), context(), key, revision, visitor(), because)
    except (NothingWritten, ChangedElsewhere) as problem:
        status = 422 if isinstance(problem, NothingWritten) else 412
        return _check_page(open_entry(desk(), context(), key), problem.sentence, because), status
    unchanged = "yes" if sent.unchanged else None
    return redirect(url_for("patient.receipt", visit=visit, key=key, unchanged=unchanged), 303)


@door.open("/entry/<key>/receipt", PATIENT_PAGE)
def receipt(visit: str, key: str) -> AnyResponse | str:
    try:
        found = read_receipt(desk(), context(), key)
    except NotYours:
        read_draft(desk(), context(), key)  # taken back: the receipt that was is gone, the words are not
        return redirect(url_for("patient.check", visit=visit, key=key), 303)
    link = found.entry.link
    prompt_set = desk().library.by_canonical(found.entry.questionnaire)
    return render_template(
        "patient/receipt.html",
        key=key,
        state=wording.own_state(found.entry, found.filing, desk().now()),
        held_until=found.entry.held_until if is_held(found.entry, desk().now()) else None,
        is_amended=found.entry.status is EntryStatus.AMENDED,
        because=found.entry.because,
        reading=readings_told_to_the_patient(desk(), context(), [found.entry]).get(found.entry.id),
        stands_there=found.stands_there,
        amending=found.amending,
        unchanged="unchanged" in request.args,
        sent_at=found.entry.recorded_at,
        filed_at=found.filing.settled_at if found.filing else None,
        when=link.infusion_start,
        ordinal=link.ordinal,
        set_title=prompt_set.title if prompt_set else None,
    )


@door.open("/entry/<key>/copy.pdf", PATIENT_PAGE)
def copy(visit: str, key: str) -> Response:
    pdf = own_copy(desk(), context(), key, visitor().header)
    response = Response(pdf, content_type="application/pdf")
    response.headers["Content-Disposition"] = 'attachment; filename="infusion-journal.pdf"'
    return response


@door.open("/course.pdf", PATIENT_PAGE)
def course(visit: str) -> Response:
    pdf = make_course_summary(desk(), context(), visitor().header)
    response = Response(pdf, content_type="application/pdf")
    response.headers["Content-Disposition"] = 'attachment; filename="infusion-journal-course.pdf"'
    return response


@door.open("/entry/<key>/stop", PATIENT_PAGE, "POST")
def stop(visit: str, key: str) -> str:
    draft = stop_entry(desk(), context(), key)
    return render_template("patient/stopped.html", key=key, resume_number=resume_number(draft))


@door.open("/sign-out", PATIENT_PAGE, "POST")
def sign_out(visit: str) -> AnyResponse:
    close_visit(desk(), context(), visitor())
    page = render_template("patient/signed_out.html", visit=None, banner=None)
    return guards.take_cookie(make_response(page), visit)


def writing(opened: OpenedEntry) -> dict[str, object]:
    """What every writing page shows or needs."""
    draft = opened.draft
    return {
        "key": draft.key,
        "set_title": opened.prompt_set.title,
        "ordinal": draft.link.ordinal,
        "when": draft.link.infusion_start,
        "revision": draft.revision,
        "saved_at": draft.saved_at if draft.revision > 1 else None,
        "words_key": b64encode(opened.words_key).decode(),
        "submission": draft.key,
        "amending": opened.amends,
    }


def _go(visit: str, key: str, go: str, number: int, total: int) -> AnyResponse:
    """Where the button leads: words were saved before, whichever it was."""
    if go == "stop":
        stop_entry(desk(), context(), key)
        return redirect(url_for("patient.home", visit=visit), 303)
    if go == "all":
        return redirect(url_for("patient.all_prompts", visit=visit, key=key), 303)
    step = {"back": number - 1, "save": number}.get(go, number + 1)
    if go == "check" or step > total:
        return redirect(url_for("patient.check", visit=visit, key=key), 303)
    return _to_prompt(visit, key, max(step, 1))


def _to_prompt(visit: str, key: str, number: int) -> AnyResponse:
    return redirect(url_for("patient.prompt", visit=visit, key=key, number=number), 303)


def _to_late_words(visit: str, key: str) -> AnyResponse:
    """What came after the visit had ended is looked at before anything else is done with the entry (rule 14)."""
    return redirect(url_for("late.show", visit=visit, key=key), 303)


def _conflict(key: str, mine: tuple[Answer, ...]) -> AnyResponse:
    """Both texts, side by side; nothing was overwritten (fault matrix F40)."""
    opened = open_entry(desk(), context(), key)
    theirs = _answers(opened.draft)
    rows = [
        (asked, answer.text, other.text)
        for answer in mine
        if (asked := opened.prompt_set.prompt(answer.link_id)) is not None
        and (other := theirs.get(asked.link_id, Answer(asked.link_id, ""))) != answer
    ]
    page = render_template(
        "patient/conflict.html",
        **writing(opened),
        prompts=rows,
        private_mine=frozenset(answer.link_id for answer in mine if answer.private),
    )
    return make_response(page, 412)


def _answers(draft: Draft) -> dict[str, Answer]:
    return {answer.link_id: answer for answer in draft.answers}


def _looks_back(found: tuple[Remembered, ...]) -> list[tuple[str, str]]:
    """Each earlier answer under the words that say when it was written, and what it answered."""
    home = guards.clinic()
    return [(wording.looking_back(one, home.zone, home.language), one.answer) for one in found]
