"""A patient opens a draft to go on writing: their words so far, and the earlier ones each prompt looks back at."""

from dataclasses import dataclass

from service.access.context import AccessContext
from service.audit.record import Deed
from service.journal.entries import Draft
from service.journal.lookback import Remembered, remembered
from service.journal.prompts import PromptSet
from service.store import entries
from service.store.held_words import HeldWords
from service.workflow.desk import Desk
from service.workflow.hold_words import held_for
from service.workflow.open_course import MOST
from service.workflow.remember import before_answering, record
from service.workflow.save_draft import read_draft


@dataclass(frozen=True, slots=True)
class OpenedEntry:
    """The draft, the set it pins, earlier answers by linkId, and the key for words the server has not confirmed.

    `amends`: it changes what was sent before. `held`: what came after the visit had ended, and waits for a choice.
    """

    draft: Draft
    prompt_set: PromptSet
    looks_back: dict[str, tuple[Remembered, ...]]
    words_key: bytes
    amends: bool = False
    held: tuple[HeldWords, ...] = ()


def open_entry(desk: Desk, context: AccessContext, key: str) -> OpenedEntry:
    """The patient's own draft, remembered as a read; AlreadySent once it went, NotYours where there is none."""
    draft, prompt_set = read_draft(desk, context, key)
    sent = entries.newest_first(desk.store, context, MOST)
    earlier = [one for one in sent if one.key != key]
    looks_back = {
        prompt.link_id: remembered(prompt, reversed(earlier), desk.library) for prompt in prompt_set.prompts
    }
    opened = record(desk, context, Deed.READ, patient=draft.patient_id, what=f"Draft/{key}")
    before_answering(desk, context, [opened])
    words_key = desk.words_key(f"{context.clinic}/{draft.patient_id}/{key}")
    held = held_for(desk, context, draft)
    return OpenedEntry(draft, prompt_set, looks_back, words_key, len(earlier) < len(sent), held)
