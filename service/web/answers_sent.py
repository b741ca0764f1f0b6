"""What a writing page sends, read into answers: its forms, autosave's JSON, a choice between two texts."""

from dataclasses import dataclass

from service.journal.entries import Answer, Draft
from service.journal.problems import NotYours, TooLong
from service.journal.prompts import Prompt, PromptSet
from service.web.reading import NotReadable, tidy

MOST_OF_A_REASON = (
    300  # characters: a sentence or two, as the record and the log of versions can show it whole
)


def place_of(answers: tuple[Answer, ...], prompt_set: PromptSet) -> int:
    """The number of the first prompt among these answers: where a conflict was, one goes on."""
    links = [asked.link_id for asked in prompt_set.prompts]
    return links.index(answers[0].link_id) + 1 if answers else 1


def is_choice(fields: dict[str, str]) -> bool:
    """Whether the form comes from the page that shows two texts."""
    return any(name.startswith("choice-") for name in fields)


def chosen(fields: dict[str, str], prompt_set: PromptSet, draft: Draft) -> tuple[Answer, ...]:
    """What the patient made of a conflict: their text, the other, or both one after the other.

    What either window kept private stays so with its words (rule 16): nothing becomes shared by choosing a text.
    """
    earlier = {answer.link_id: answer for answer in draft.answers}
    return tuple(
        _choice(fields, asked, earlier.get(asked.link_id))
        for asked in prompt_set.prompts
        if f"choice-{asked.link_id}" in fields
    )


def _choice(fields: dict[str, str], asked: Prompt, theirs: Answer | None) -> Answer:
    link_id, other = asked.link_id, theirs or Answer(asked.link_id, "")
    mine = Answer(link_id, fields.get(f"mine-{link_id}", ""), f"private-mine-{link_id}" in fields)
    both = mine.text if mine.text == other.text else f"{other.text}\n\n{mine.text}"
    chosen = {"mine": mine, "theirs": other}
    return chosen.get(fields[f"choice-{link_id}"], Answer(link_id, both, mine.private or other.private))


def one_answer(fields: dict[str, str], asked: Prompt) -> tuple[Answer, ...]:
    """The answer of the page that shows one prompt."""
    return (Answer(asked.link_id, fields.get("text", ""), private="private" in fields),)


def numbered(prompt_set: PromptSet, number: int) -> Prompt:
    """The prompt that a page's address names by its number; NotYours where there is none."""
    if not 1 <= number <= len(prompt_set.prompts):
        raise NotYours
    return prompt_set.prompts[number - 1]


def all_answers(fields: dict[str, str], prompt_set: PromptSet) -> tuple[Answer, ...]:
    """The answers of the page that shows every prompt; those it did not send are left out."""
    return tuple(
        Answer(asked.link_id, fields[f"text-{asked.link_id}"], f"private-{asked.link_id}" in fields)
        for asked in prompt_set.prompts
        if f"text-{asked.link_id}" in fields
    )


@dataclass(frozen=True, slots=True)
class Typed:
    """An autosave: the revision it rests on, its answers, and what its page shows beside them, where it says so."""

    revision: int
    answers: tuple[Answer, ...]
    seen: tuple[Answer, ...] | None


def typed(body: dict[str, object]) -> Typed:
    """What our own module writes.

    NotReadable where anything is not as it writes it, a member too many included (threat T10).
    """
    revision = body.get("revision")
    if type(revision) is not int or not body.keys() <= {"revision", "answers", "seen"}:
        raise NotReadable
    seen = _typed_answers(body["seen"]) if "seen" in body else None
    return Typed(revision, _typed_answers(body.get("answers")), seen)


def _typed_answers(given: object) -> tuple[Answer, ...]:
    if not isinstance(given, list):
        raise NotReadable
    return tuple(_typed_answer(one) for one in given)


def _typed_answer(value: object) -> Answer:
    if not isinstance(value, dict) or not value.keys() <= {"linkId", "text", "private"}:
        raise NotReadable
    link_id, text, private = value.get("linkId"), value.get("text"), value.get("private", False)
    if not (isinstance(link_id, str) and isinstance(text, str) and isinstance(private, bool)):
        raise NotReadable
    return Answer(link_id, tidy(text), private)


def reason_of(fields: dict[str, str]) -> str | None:
    """What the patient says of why they changed what they had sent, as one line; None for nothing.

    TooLong beyond MOST_OF_A_REASON characters.
    """
    said = " ".join(tidy(fields.get("because", "")).split())
    if len(said) > MOST_OF_A_REASON:
        raise TooLong
    return said or None


def revision_of(fields: dict[str, str]) -> int:
    """The revision a form rests on; NotReadable without a plain number."""
    value = fields.get("revision", "")
    if not value.isascii() or not value.isdecimal() or len(value) > 9:
        raise NotReadable
    return int(value)
