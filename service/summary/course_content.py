"""What a summary of a whole series says: its infusions in order, repeating prompts side by side, then the others.

Apart from one entry's summary because it compares; both end in the same blocks, drawn by the same renditions.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from service.summary.blocks import Block, Document, Role
from service.summary.phrases import (
    AnsweredPrompt,
    PatientHeader,
    about_blocks,
    answer_blocks,
    authorship,
    first_line,
    infusion_text,
    notice_blocks,
    patient_parts,
)
from service.summary.words import Words, in_language, moment, weekday


@dataclass(frozen=True, slots=True)
class CourseAnswer:
    """A prompt of an entry with the theme that it belongs to, whatever its place in its set (rule 2)."""

    theme: str
    prompt: AnsweredPrompt


@dataclass(frozen=True, slots=True)
class CourseEntry:
    """What was written after one infusion, as far as it is shared; `language` is that of its prompts."""

    set_title: str
    written_at: datetime
    entry_version: int
    entry_id: str
    version_identifier: str
    questionnaire: str
    language: str
    answers: tuple[CourseAnswer, ...]


@dataclass(frozen=True, slots=True)
class CourseInfusion:
    """One infusion of the series. Without an entry nothing is shared after it, whatever the reason (rule 16)."""

    ordinal: int | None
    infusion_start: datetime | None
    entry: CourseEntry | None


@dataclass(frozen=True, slots=True)
class CourseSummary:
    """A series in one document: `infusions` in their order, instants aware, `zone` an IANA name, `language` BCP 47."""

    clinic_name: str
    zone: str
    patient: PatientHeader
    infusions: tuple[CourseInfusion, ...]
    made_at: datetime
    version_identifier: str
    notice: str
    crisis_line: str
    language: str
    replaces: str | None
    private_copy: bool

    def __post_init__(self) -> None:
        """Refuse a private answer in anything but the patient's own copy (rule 16)."""
        if not self.private_copy and any(each.prompt.kept_private for each in _answers(self.infusions)):
            raise ValueError("a private answer may stand in the patient's own copy only")


# A prompt by which answers stand side by side: its theme and its very words (rule 2).
_Asked = tuple[str, str]


def course_document(course: CourseSummary) -> Document:
    """Say a series in words. Pure: the same course gives an equal document."""
    words = in_language(course.language)
    return Document(
        title=f"{words.course_title} – {words.written_by}",
        language=course.language,
        clinic_name=course.clinic_name,
        authorship=authorship(words, private_copy=course.private_copy),
        patient=patient_parts(course.patient, words),
        words=words,
        blocks=tuple(_blocks(course, words)),
    )


def repeating(infusions: tuple[CourseInfusion, ...]) -> tuple[_Asked, ...]:
    """The prompts asked word for word after more than one infusion, in the order they were first asked in."""
    times = Counter(
        asked for infusion in infusions for asked in {_asked(answer) for answer in _answers((infusion,))}
    )
    in_order = dict.fromkeys(_asked(answer) for answer in _answers(infusions))
    return tuple(asked for asked in in_order if times[asked] > 1)


def _asked(answer: CourseAnswer) -> _Asked:
    return answer.theme, answer.prompt.text


def _answers(infusions: tuple[CourseInfusion, ...]) -> Iterator[CourseAnswer]:
    for infusion in infusions:
        if infusion.entry is not None:
            yield from infusion.entry.answers


def _blocks(course: CourseSummary, words: Words) -> Iterator[Block]:
    yield Block(
        Role.AUTHORSHIP, first_line(words, private_copy=course.private_copy, replaces=course.replaces)
    )
    yield Block(Role.TITLE, words.course_title)
    for infusion in course.infusions:
        yield Block(Role.FACT, _at_a_glance(infusion, course.zone, words), _number(infusion, words))
    if course.private_copy:
        yield Block(Role.REMARK, words.own_copy_remark)
    again = repeating(course.infusions)
    if again:
        yield Block(Role.SECTION, words.side_by_side)
    for asked in again:
        yield from _side_by_side(asked, course, words)
    for infusion in course.infusions:
        yield from _others(infusion, again, course, words)
    yield from notice_blocks(course.notice, course.crisis_line, words)
    yield from about_blocks(course.patient, course.clinic_name, course.zone, words)
    for label, text in _about(course, words):
        yield Block(Role.ABOUT, text, label)


def _number(infusion: CourseInfusion, words: Words) -> str:
    return (
        words.infusion if infusion.ordinal is None else words.infusion_number.format(ordinal=infusion.ordinal)
    )


def _date(infusion: CourseInfusion, zone: str, words: Words) -> str:
    return weekday(infusion.infusion_start, zone, words) if infusion.infusion_start else words.no_infusion


def _at_a_glance(infusion: CourseInfusion, zone: str, words: Words) -> str:
    what = infusion.entry.set_title if infusion.entry else words.nothing_shared
    return f"{_date(infusion, zone, words)} · {what}"


def _side_by_side(asked: _Asked, course: CourseSummary, words: Words) -> Iterator[Block]:
    """One prompt, and under it what was answered after each infusion that it was asked after."""
    found = [
        (infusion, answer.prompt, _language(infusion, course))
        for infusion in course.infusions
        for answer in _answers((infusion,))
        if _asked(answer) == asked
    ]
    yield Block(Role.PROMPT, asked[1], language=found[0][2])
    for infusion, prompt, language in found:
        yield Block(Role.WHEN, f"{_number(infusion, words)} · {_date(infusion, course.zone, words)}")
        yield from answer_blocks(prompt, words, language)


def _others(
    infusion: CourseInfusion, again: tuple[_Asked, ...], course: CourseSummary, words: Words
) -> Iterator[Block]:
    """What one infusion's set asked that no other did."""
    others = [answer.prompt for answer in _answers((infusion,)) if _asked(answer) not in again]
    if infusion.entry is None or not others:
        return
    language = _language(infusion, course)
    yield Block(Role.SECTION, infusion.entry.set_title, language=language)
    start = infusion.infusion_start
    yield Block(Role.FACT, infusion_text(infusion.ordinal, start, course.zone, words), words.infusion)
    yield Block(Role.FACT, moment(infusion.entry.written_at, course.zone, words), words.written)
    for prompt in others:
        yield Block(Role.PROMPT, prompt.text, prompt.prefix, language)
        yield from answer_blocks(prompt, words, language)


def _language(infusion: CourseInfusion, course: CourseSummary) -> str | None:
    """The language of its prompts and answers where that is not the document's."""
    if infusion.entry is None or infusion.entry.language == course.language:
        return None
    return infusion.entry.language


def _about(course: CourseSummary, words: Words) -> Iterator[tuple[str, str]]:
    yield words.made, moment(course.made_at, course.zone, words)
    yield words.version_identifier, course.version_identifier
    for infusion in course.infusions:
        if infusion.entry is not None:
            yield _number(infusion, words), " · ".join(_versions(infusion.entry, course.zone, words))


def _versions(entry: CourseEntry, zone: str, words: Words) -> Iterator[str]:
    yield f"{words.written} {moment(entry.written_at, zone, words)}"
    yield f"{words.version} {entry.entry_version}"
    yield entry.version_identifier
    yield entry.questionnaire
