"""What the filed summary says, as plain values: pure, and the one source that every rendition is drawn from.

It stands apart from the layout so that what a clinician reads can be checked without opening a PDF.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum, auto

from service.summary.problems import CannotRender as CannotRender
from service.summary.words import Words, day, in_language, moment


@dataclass(frozen=True, slots=True)
class AnsweredPrompt:
    """One prompt as it was shown. An answer of None was skipped or kept private: the two look alike (rule 16)."""

    prefix: str
    text: str
    answer: str | None
    kept_private: bool = False


@dataclass(frozen=True, slots=True)
class PatientHeader:
    """Who the patient is, as the clinic's record system gives it."""

    name: str
    birth_date: date | None
    identifier: str | None


@dataclass(frozen=True, slots=True)
class Summary:
    """One version of one entry, ready to be told; instants are aware, `zone` is an IANA name, `language` BCP 47."""

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

    def __post_init__(self) -> None:
        """Refuse a private answer in anything but the patient's own copy (rule 16)."""
        if not self.private_copy and any(prompt.kept_private for prompt in self.prompts):
            raise ValueError("a private answer may stand in the patient's own copy only")


class Role(Enum):
    """What a block is for; the layout decides how that looks."""

    AUTHORSHIP = auto()
    TITLE = auto()
    FACT = auto()
    REMARK = auto()
    SECTION = auto()
    PROMPT = auto()
    WHEN = auto()
    ANSWER = auto()
    ABSENT = auto()
    PRIVATE = auto()
    NOTICE_TITLE = auto()
    NOTICE = auto()
    ABOUT_TITLE = auto()
    ABOUT = auto()


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph or more of text with one purpose; `label` stands before it, quieter or bolder.

    `language` is its own BCP 47 tag where it differs from the document's.
    """

    role: Role
    text: str
    label: str = ""
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """A summary in words: what stands on every page, and the blocks in reading order."""

    title: str
    language: str
    clinic_name: str
    authorship: str
    patient: tuple[str, ...]
    words: Words
    blocks: tuple[Block, ...]


def document(summary: Summary) -> Document:
    """Say a summary in words. Pure: the same summary gives an equal document."""
    words = in_language(summary.language)
    return Document(
        title=f"{summary.set_title} – {words.written_by}",
        language=summary.language,
        clinic_name=summary.clinic_name,
        authorship=_authorship(summary, words),
        patient=_patient(summary.patient, words),
        words=words,
        blocks=tuple(_blocks(summary, words)),
    )


def _authorship(summary: Summary, words: Words) -> str:
    return f"{words.written_by} · {words.own_copy}" if summary.private_copy else words.written_by


def _patient(patient: PatientHeader, words: Words) -> tuple[str, ...]:
    born = words.born.format(date=day(patient.birth_date, words)) if patient.birth_date else ""
    identifier = words.identifier.format(value=patient.identifier) if patient.identifier else ""
    return tuple(part for part in (patient.name, born, identifier) if part)


def _blocks(summary: Summary, words: Words) -> Iterator[Block]:
    yield Block(Role.AUTHORSHIP, _first_line(summary, words))
    yield Block(Role.TITLE, summary.set_title)
    yield Block(Role.FACT, _infusion(summary, words), words.infusion)
    yield Block(Role.FACT, moment(summary.written_at, summary.zone, words), words.written)
    if summary.private_copy:
        yield Block(Role.REMARK, words.own_copy_remark)
    for prompt in summary.prompts:
        yield from _prompt(prompt, words)
    yield Block(Role.NOTICE_TITLE, words.notice)
    yield Block(Role.NOTICE, summary.notice)
    yield Block(Role.NOTICE, summary.crisis_line)
    yield from _about(summary, words)


def _first_line(summary: Summary, words: Words) -> str:
    """Who wrote it and, when it replaces an earlier version, which: servers may ignore `relatesTo` (U-08)."""
    authorship = _authorship(summary, words)
    if summary.replaces is None:
        return authorship
    return f"{authorship} · {words.replaces.format(version=summary.replaces)}"


def _infusion(summary: Summary, words: Words) -> str:
    if summary.infusion_start is None:
        return words.no_infusion
    when = moment(summary.infusion_start, summary.zone, words)
    if summary.ordinal is None:
        return when
    return f"{words.infusion_number.format(ordinal=summary.ordinal)} · {when}"


def _prompt(prompt: AnsweredPrompt, words: Words) -> Iterator[Block]:
    yield Block(Role.PROMPT, prompt.text, prompt.prefix)
    if prompt.answer is None or not prompt.answer.strip():
        yield Block(Role.ABSENT, words.no_answer)
        return
    if prompt.kept_private:
        yield Block(Role.PRIVATE, words.kept_private)
    yield Block(Role.ANSWER, prompt.answer)


def _about(summary: Summary, words: Words) -> Iterator[Block]:
    """The whole names and identifiers: the page header may have to shorten them."""
    yield Block(Role.ABOUT_TITLE, words.about)
    for label, text in (
        (words.patient, " · ".join(_patient(summary.patient, words))),
        (words.clinic, summary.clinic_name),
        (words.zone, summary.zone),
        (words.version, str(summary.entry_version)),
        (words.entry, summary.entry_id),
        (words.version_identifier, summary.version_identifier),
        (words.questionnaire, summary.questionnaire),
    ):
        yield Block(Role.ABOUT, text, label)
