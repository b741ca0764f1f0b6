"""What every summary says in the same way: who wrote it, whose it is, an answer, our notice, and about the document."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from service.summary.blocks import Block, Role
from service.summary.words import Words, day, moment


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


def authorship(words: Words, *, private_copy: bool) -> str:
    """Who wrote it, and whether this is the copy that holds everything."""
    return f"{words.written_by} · {words.own_copy}" if private_copy else words.written_by


def first_line(words: Words, *, private_copy: bool, replaces: str | None) -> str:
    """Who wrote it and, when it replaces an earlier version, which: servers may ignore `relatesTo` (U-08)."""
    who = authorship(words, private_copy=private_copy)
    return who if replaces is None else f"{who} · {words.replaces.format(version=replaces)}"


def patient_parts(patient: PatientHeader, words: Words) -> tuple[str, ...]:
    """Name, birth date and identifier, those of them that are known."""
    born = words.born.format(date=day(patient.birth_date, words)) if patient.birth_date else ""
    identifier = words.identifier.format(value=patient.identifier) if patient.identifier else ""
    return tuple(part for part in (patient.name, born, identifier) if part)


def infusion_text(ordinal: int | None, start: datetime | None, zone: str, words: Words) -> str:
    """Which infusion it was and when, in the clinic's zone."""
    if start is None:
        return words.no_infusion
    when = moment(start, zone, words)
    return when if ordinal is None else f"{words.infusion_number.format(ordinal=ordinal)} · {when}"


def answer_blocks(prompt: AnsweredPrompt, words: Words, language: str | None = None) -> Iterator[Block]:
    """What stands under a prompt. `language` is the answer's, where it is not the document's."""
    if prompt.answer is None or not prompt.answer.strip():
        yield Block(Role.ABSENT, words.no_answer)
        return
    if prompt.kept_private:
        yield Block(Role.PRIVATE, words.kept_private)
    yield Block(Role.ANSWER, prompt.answer, language=language)


def notice_blocks(notice: str, crisis_line: str, words: Words) -> Iterator[Block]:
    """That nobody watches, and the crisis line (rule 6)."""
    yield Block(Role.NOTICE_TITLE, words.notice)
    yield Block(Role.NOTICE, notice)
    yield Block(Role.NOTICE, crisis_line)


def about_blocks(patient: PatientHeader, clinic_name: str, zone: str, words: Words) -> Iterator[Block]:
    """The whole names: the head of a page may have to shorten them."""
    yield Block(Role.ABOUT_TITLE, words.about)
    yield Block(Role.ABOUT, " · ".join(patient_parts(patient, words)), words.patient)
    yield Block(Role.ABOUT, clinic_name, words.clinic)
    yield Block(Role.ABOUT, zone, words.zone)
