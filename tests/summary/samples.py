"""Invented summaries: one as most are, and a way to make others of it."""

from datetime import UTC, date, datetime
from typing import Any

from service.summary import pdf
from service.summary.content import AnsweredPrompt, PatientHeader, Summary, document

PROMPTS = (
    "What changes do you notice in your emotional state or thought patterns since starting treatment?",
    "Did any insights or realizations come to you during the session? What did you learn, if anything?",
    "What does self-compassion look like for you?",
)


def answered(*answers: str | None, **parts: Any) -> Summary:
    """A summary with these answers, one prompt each; `parts` replaces any other part."""
    prompts = tuple(
        AnsweredPrompt(f"{number}.", PROMPTS[(number - 1) % len(PROMPTS)], answer)
        for number, answer in enumerate(answers, 1)
    )
    usual: dict[str, Any] = {
        "clinic_name": "Marigold Ketamine Clinic",
        "zone": "America/Los_Angeles",
        "patient": PatientHeader("Maribel Okonkwo-Lindqvist", date(1985, 3, 4), "MRN 40021"),
        "set_title": "After Infusion 3: Exploring Lifestyle Adjustments",
        "ordinal": 3,
        "infusion_start": datetime(2026, 11, 20, 18, 30, tzinfo=UTC),
        "written_at": datetime(2026, 11, 20, 23, 41, tzinfo=UTC),
        "entry_version": 1,
        "entry_id": "0b0f7c1e-5a55-4f0e-9e0a-2f4f2d0a7f11",
        "version_identifier": "urn:uuid:7d0b5f9e-8f0c-4a44-9b0e-52a1a3f0c001",
        "questionnaire": "https://example.org/fhir/Questionnaire/after-infusion-3|1.0.0",
        "prompts": prompts,
        "notice": "Nobody at the clinic watches what you write here in real time.",
        "crisis_line": "If you might hurt yourself, call or text 988 at any hour. In an emergency call 911.",
        "language": "en",
        "replaces": None,
        "private_copy": False,
    }
    return Summary(**(usual | parts))


def render(summary: Summary, most_pages: int = pdf.MOST_PAGES) -> bytes:
    """The PDF of a summary, made in this process."""
    return pdf.draw(document(summary), most_pages)
