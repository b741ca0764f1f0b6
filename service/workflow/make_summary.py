"""The worker makes the file of a summary: once, in the first form that can be made and is not too large, and keeps it.

Every attempt then sends the same bytes (W-01). Another form takes their place only where the record system has refused
this one, so that none of it can stand there (F16, F17), or where no PDF can be made (F5).
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from service.ehr.outcome import NotSent, Refused, Why
from service.journal.entries import Filing, FilingKind
from service.store import deeds
from service.summary.content import CannotRender, Summary
from service.summary.course_content import CourseSummary
from service.summary.problems import Cause
from service.summary.renditions import Rendition
from service.workflow.file_course import course_summary
from service.workflow.filing_target import header
from service.workflow.in_hand import InHand, NotNow
from service.workflow.own_copy import summary_of

# These pass by themselves; for any other cause the same text would fail again.
_PASSING = (Cause.BUSY, Cause.CLOSED)


@dataclass(frozen=True, slots=True)
class Made:
    """A file as it is sent, and its media type."""

    data: bytes = field(repr=False)
    media_type: str


def kept_or_made(work: InHand, earlier: Filing | None) -> Made:
    """What was made at an earlier attempt; else the clinic's first form. NotNow where there is none to be sent.

    A person who sends a refused filing on its way again has it made anew, should the first form be taken by now.
    """
    claimed = work.claimed
    usual = work.clinic.filing.renditions[0].media_type
    anew = claimed.filing.first_tried_at is None and claimed.media_type != usual
    if claimed.summary is None or claimed.media_type is None or anew:
        return _first_that_fits(work, earlier, work.clinic.filing.renditions)
    return Made(claimed.summary, claimed.media_type)


def in_the_next_form(work: InHand, earlier: Filing | None, refused: Made) -> Made | None:
    """The summary in the form that comes after the refused one in the clinic's list; None where that was the last."""
    forms = work.clinic.filing.renditions
    types = [one.media_type for one in forms]
    if refused.media_type not in types[:-1]:
        return None
    return _first_that_fits(work, earlier, forms[types.index(refused.media_type) + 1 :])


def _first_that_fits(work: InHand, earlier: Filing | None, forms: tuple[Rendition, ...]) -> Made:
    summary = _summary(work, earlier)
    for made in _made(work, summary, forms):
        if len(made.data) <= work.clinic.filing.most_bytes:
            _keep(work, made)
            return made
    raise NotNow(Refused(Why.FORM, codes=("too-large",)))


def _made(work: InHand, summary: Summary | CourseSummary, forms: tuple[Rendition, ...]) -> Iterator[Made]:
    for form in forms:
        yield _rendered(work, summary, form)


def _rendered(work: InHand, summary: Summary | CourseSummary, form: Rendition) -> Made:
    """The summary in this form, or as plain text where it is no PDF that could be made of these words (F5)."""
    try:
        return Made(work.desk.render(summary, form), form.media_type)
    except CannotRender as problem:
        if form is Rendition.TEXT or problem.cause in _PASSING:
            raise NotNow(NotSent("cannot-render")) from None
        return _rendered(work, summary, Rendition.TEXT)


def _keep(work: InHand, made: Made) -> None:
    """Keep the file, unless it lies there already. Nothing of a refused form is under way any more."""
    if (work.claimed.summary, work.claimed.media_type) == (made.data, made.media_type):
        return
    digest = hashlib.sha256(made.data).hexdigest()
    work.perform(
        deeds.NoteSendStarted(work.filing.id, work.claimed.send_started_at),
        deeds.KeepSummary(work.filing.id, made.data, digest, made.media_type),
    )


def _summary(work: InHand, earlier: Filing | None) -> Summary | CourseSummary:
    if work.filing.kind is FilingKind.COURSE:
        return course_summary(work, earlier)
    prompt_set = work.desk.library.by_canonical(work.entry.questionnaire)
    if prompt_set is None:
        raise NotNow(Refused(Why.OTHER, codes=("unknown-set",)))
    return summary_of(
        work.clinic,
        work.entry,
        prompt_set,
        header(work),
        work.filing.version_identifier,
        private_copy=False,
        replaces=earlier.version_identifier if earlier else None,
    )
