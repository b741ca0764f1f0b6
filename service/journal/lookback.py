"""Earlier words that a prompt asks its patient to look back at: shown beside it, never copied into the answer."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from service.journal.entries import EntryVersion
from service.journal.prompts import LookBack, Prompt, PromptLibrary


@dataclass(frozen=True, slots=True)
class Remembered:
    """One earlier answer of the patient's own, with the words it answered and the infusion it followed."""

    ordinal: int | None
    infusion_start: datetime | None
    prompt: str
    answer: str


def remembered(
    prompt: Prompt, entries: Iterable[EntryVersion], library: PromptLibrary
) -> tuple[Remembered, ...]:
    """The patient's own earlier answers this prompt looks back at, private ones too, in the order of their sets."""
    return tuple(
        answer for entry in entries for look in prompt.looks_back for answer in _answers(look, entry, library)
    )


def _answers(look: LookBack, entry: EntryVersion, library: PromptLibrary) -> list[Remembered]:
    prompt_set = library.by_canonical(entry.questionnaire)
    if prompt_set is None or prompt_set.ordinal != look.set_ordinal:
        return []
    return [
        Remembered(entry.link.ordinal, entry.link.infusion_start, asked.text, answer.text)
        for answer in entry.answers
        if (asked := prompt_set.prompt(answer.link_id)) is not None
        and not answer.is_blank
        and look.theme_link_id in (None, answer.link_id)
    ]
