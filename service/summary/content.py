"""What the filed summary of one entry says, as plain values: pure, and the one source of every rendition.

It stands apart from the layout so that what a clinician reads can be checked without opening a PDF.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from service.summary.blocks import Block, Document, Role
from service.summary.phrases import (
    AnsweredPrompt as AnsweredPrompt,
)
from service.summary.phrases import (
    PatientHeader as PatientHeader,
)
from service.summary.phrases import (
    about_blocks,
    answer_blocks,
    authorship,
    first_line,
    infusion_text,
    notice_blocks,
    patient_parts,
)
from service.summary.problems import CannotRender as CannotRender
from service.summary.words import Words, in_language, moment


@dataclass(frozen=True, slots=True)
class Summary:
    """One version of one entry, ready to be told; instants are aware, `zone` is an IANA name, `language` BCP 47.

    `because`: why this version was made, in the patient's words (rule 17).
    """

    clinic_name: str
    zone: str
    patient: PatientHeader
    set_title: str
    ordinal: int | None
    infusion_start: datetime | None
    written_at: datetime
    entry_version: int
    entry_id: str
    version_identifier: str
    questionnaire: str
    prompts: tuple[AnsweredPrompt, ...]
    notice: str
    crisis_line: str
    language: str
    replaces: str | None
    private_copy: bool
    because: str | None = None

    def __post_init__(self) -> None:
        """Refuse a private answer in anything but the patient's own copy (rule 16)."""
        if not self.private_copy and any(prompt.kept_private for prompt in self.prompts):
            raise ValueError("a private answer may stand in the patient's own copy only")


def document(summary: Summary) -> Document:
    """Say a summary in words. Pure: the same summary gives an equal document."""
    words = in_language(summary.language)
    return Document(
        title=f"{summary.set_title} – {words.written_by}",
        language=summary.language,
        clinic_name=summary.clinic_name,
        authorship=authorship(words, private_copy=summary.private_copy),
        patient=patient_parts(summary.patient, words),
        words=words,
        blocks=tuple(_blocks(summary, words)),
    )


def _blocks(summary: Summary, words: Words) -> Iterator[Block]:
    first = first_line(words, private_copy=summary.private_copy, replaces=summary.replaces)
    infusion = infusion_text(summary.ordinal, summary.infusion_start, summary.zone, words)
    yield Block(Role.AUTHORSHIP, first)
    yield Block(Role.TITLE, summary.set_title)
    yield Block(Role.FACT, infusion, words.infusion)
    yield Block(Role.FACT, moment(summary.written_at, summary.zone, words), words.written)
    if summary.because is not None:
        yield Block(Role.FACT, summary.because, words.because)
    if summary.private_copy:
        yield Block(Role.REMARK, words.own_copy_remark)
    for prompt in summary.prompts:
        yield Block(Role.PROMPT, prompt.text, prompt.prefix)
        yield from answer_blocks(prompt, words)
    yield from notice_blocks(summary.notice, summary.crisis_line, words)
    yield from about_blocks(summary.patient, summary.clinic_name, summary.zone, words)
    for label, text in _about(summary, words):
        yield Block(Role.ABOUT, text, label)


def _about(summary: Summary, words: Words) -> Iterator[tuple[str, str]]:
    yield words.version, str(summary.entry_version)
    yield words.entry, summary.entry_id
    yield words.version_identifier, summary.version_identifier
    yield words.questionnaire, summary.questionnaire
