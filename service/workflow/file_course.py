"""The document of a whole series, as the worker files it: what it tells is read when it is made, and kept (rule 20).

Apart from an entry's document, which says other things of itself; how both are filed is the same.
"""

from dataclasses import replace

from service.ehr.outcome import Refused, Why
from service.journal.closing import SeriesTold, series_told
from service.journal.entries import Filing
from service.journal.prompts import PromptSet
from service.r4 import document_reference
from service.r4.document_reference import FiledDocument
from service.summary.course_content import CourseSummary
from service.workflow.bring_up_to_date import course_now
from service.workflow.filing_target import header
from service.workflow.in_hand import InHand, NotNow
from service.workflow.make_course_summary import summary_of_steps


def course_summary(work: InHand, earlier: Filing | None) -> CourseSummary:
    """What the document says now; NotNow where the series is not known any more, or its prompts are not."""
    prompts = _newest_set(work)
    return summary_of_steps(
        work.desk,
        work.clinic,
        header(work),
        _told(work).steps,
        prompts,
        version_identifier=work.filing.version_identifier,
        replaces=earlier.version_identifier if earlier else None,
    )


def about_the_course(work: InHand, document: FiledDocument) -> FiledDocument:
    """The document of the series' last entry, turned into that of the series: its name, its identifier and its time."""
    links = [one.link for one in _told(work).steps]
    starts = [one.infusion_start for one in links if one.infusion_start is not None]
    ends = [end for one in links if (end := one.infusion_end or one.infusion_start) is not None]
    name = f"series/{work.filing.patient_id}/{work.filing.series}"
    return replace(
        document,
        entry_identifier=f"urn:uuid:{work.desk.entry_id(work.clinic.key, name)}",
        title=document_reference.TITLE_OF_A_SERIES,
        period_start=min(starts, default=document.period_start),
        period_end=max(ends, default=document.period_end),
        related_response=None,
    )


def _told(work: InHand) -> SeriesTold:
    course = course_now(work.desk, work.clinic.key, work.subject)
    told = series_told(course.told, course.episodes, work.desk.now())
    found = next((one for one in told if one.key == work.filing.series), None)
    if found is None:
        raise NotNow(Refused(Why.OTHER, codes=("unknown-series",)))
    return found


def _newest_set(work: InHand) -> PromptSet:
    found = work.desk.library.by_canonical(work.entry.questionnaire)
    if found is None:
        raise NotNow(Refused(Why.OTHER, codes=("unknown-set",)))
    return found
