"""What a patient wrote before they were signed out: shown beside what is saved, to choose what to keep (rule 14)."""

from flask import make_response, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from service.access.policies import PATIENT_PAGE
from service.journal.entries import Answer, Draft
from service.journal.problems import ChangedElsewhere
from service.journal.prompts import Prompt
from service.web import answers_sent
from service.web.doors import Door
from service.web.guards import context, desk, form
from service.web.patient import writing
from service.workflow.hold_words import give_back
from service.workflow.open_entry import OpenedEntry, open_entry
from service.workflow.save_draft import read_draft

door = Door("late", url_prefix="/journal/<visit>/entry/<key>/before")


@door.open("/", PATIENT_PAGE)
def show(visit: str, key: str) -> AnyResponse | str:
    opened = open_entry(desk(), context(), key)
    if not opened.held:
        return redirect(url_for("patient.check", visit=visit, key=key), 303)
    return _page(opened)


@door.open("/", PATIENT_PAGE, "POST")
def choose(visit: str, key: str) -> AnyResponse:
    fields = form()
    draft, prompt_set = read_draft(desk(), context(), key)
    chosen = answers_sent.chosen(fields, prompt_set, draft)
    revision, shown = answers_sent.revision_of(fields), fields.get("shown", "").split()
    try:
        give_back(desk(), context(), key, revision, chosen, shown)
    except ChangedElsewhere as problem:
        return make_response(_page(open_entry(desk(), context(), key), problem.sentence), 412)
    number = answers_sent.place_of(chosen, prompt_set)
    return redirect(url_for("patient.prompt", visit=visit, key=key, number=number), 303)


def _page(opened: OpenedEntry, problem: str | None = None) -> str:
    rows = [row for asked in opened.prompt_set.prompts if (row := _row(opened, asked)) is not None]
    return render_template(
        "patient/conflict.html",
        **writing(opened),
        late=[words.id for words in opened.held],
        prompts=[(asked, mine.text, theirs.text) for asked, mine, theirs in rows],
        private_mine=frozenset(mine.link_id for _, mine, _ in rows if mine.private),
        first_mine=all(words.revision == opened.draft.revision for words in opened.held),
        problem=problem,
    )


def _row(opened: OpenedEntry, asked: Prompt) -> tuple[Prompt, Answer, Answer] | None:
    """The prompt with what is held for it and what is saved; None where they do not differ."""
    found = [answer for words in opened.held for answer in words.answers if answer.link_id == asked.link_id]
    saved = _saved(opened.draft, asked)
    differing = [answer for answer in found if answer != saved]
    if not differing:
        return None
    texts = dict.fromkeys(answer.text for answer in differing if answer.text)
    private = any(answer.private for answer in differing)
    return asked, Answer(asked.link_id, "\n\n".join(texts), private), saved


def _saved(draft: Draft, asked: Prompt) -> Answer:
    known = {answer.link_id: answer for answer in draft.answers}
    return known.get(asked.link_id, Answer(asked.link_id, ""))
