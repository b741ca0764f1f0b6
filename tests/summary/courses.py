"""Invented summaries of whole series, made of the same parts as those of single entries."""

from datetime import UTC, datetime, timedelta
from typing import Any

from service.summary.content import AnsweredPrompt, PatientHeader
from service.summary.course_content import CourseAnswer, CourseEntry, CourseInfusion, CourseSummary
from tests.summary.samples import PROMPTS, answered

FIRST = datetime(2026, 10, 16, 17, 30, tzinfo=UTC)
OWN = "What stayed with you from infusion {number}?"


def entry(number: int, repeated: str | None, own: str | None, **parts: Any) -> CourseEntry:
    """An entry that answers the prompt asked every time, and one that is its own."""
    usual: dict[str, Any] = {
        "set_title": f"After Infusion {number}: Looking Around",
        "written_at": FIRST + timedelta(days=7 * number, hours=5),
        "entry_version": 1,
        "entry_id": f"entry-{number}",
        "version_identifier": f"urn:uuid:00000000-0000-4000-8000-{number:012}",
        "questionnaire": f"https://example.org/fhir/Questionnaire/after-infusion-{number}|1.0.0",
        "language": "en",
        "answers": (
            CourseAnswer("own", AnsweredPrompt("1.", OWN.format(number=number), own)),
            CourseAnswer("insights", AnsweredPrompt("2.", PROMPTS[1], repeated)),
        ),
    }
    return CourseEntry(**(usual | parts))


def infusion(number: int, written: CourseEntry | None) -> CourseInfusion:
    """The infusion of this number, a week after the one before."""
    return CourseInfusion(number, FIRST + timedelta(days=7 * number), written)


def course(*infusions: CourseInfusion, **parts: Any) -> CourseSummary:
    """A summary of these infusions; `parts` replaces any other part."""
    one = answered()
    usual: dict[str, Any] = {
        "clinic_name": one.clinic_name,
        "zone": one.zone,
        "patient": PatientHeader("Maribel Okonkwo-Lindqvist", one.patient.birth_date, "MRN 40021"),
        "infusions": infusions,
        "made_at": FIRST + timedelta(days=60),
        "version_identifier": "urn:uuid:7d0b5f9e-8f0c-4a44-9b0e-52a1a3f0c002",
        "notice": one.notice,
        "crisis_line": one.crisis_line,
        "language": "en",
        "replaces": None,
        "private_copy": False,
    }
    return CourseSummary(**(usual | parts))
