"""What the tests of courses and entries write down: whole values with good defaults."""

from datetime import UTC, datetime, timedelta
from typing import Any

from service.journal.entries import Answer, Draft, EntryStatus, EntryVersion, Link
from service.journal.match import Coding, EncounterSeen, MatchRule
from tests.r4.published import library

NOON = datetime(2026, 11, 1, 20, 0, tzinfo=UTC)
IV = Coding("http://clinic.example/types", "iv")
RULE = MatchRule("7", "America/Los_Angeles", types=(IV,))


def visit(name: str, day: int, **more: Any) -> EncounterSeen:
    """An hour's infusion at noon of this day of the series."""
    start = NOON + timedelta(days=day)
    said = {"status": "finished", "types": (IV,), "start": start, "end": start + timedelta(hours=1)}
    return EncounterSeen(name, "ada", **(said | more))


def answers(**words: str) -> tuple[Answer, ...]:
    """Answers by linkId, written with an underscore for the dot: ai1_1="sea"."""
    return tuple(Answer(name.replace("_", "."), text) for name, text in words.items())


def draft(link: Link, ordinal: int, words: tuple[Answer, ...] = (), **more: Any) -> Draft:
    prompt_set = library().for_ordinal(ordinal)
    assert prompt_set is not None
    said = {"revision": 1, "started_at": NOON, "saved_at": NOON, "language": "en"}
    return Draft(f"key-{ordinal}", "ada", prompt_set.canonical, link, words, **(said | more))


def entry(link: Link, ordinal: int, words: tuple[Answer, ...] = (), **more: Any) -> EntryVersion:
    prompt_set = library().for_ordinal(ordinal)
    assert prompt_set is not None
    said: dict[str, Any] = {
        "id": f"entry-{ordinal}",
        "key": f"key-{ordinal}",
        "version": 1,
        "status": EntryStatus.COMPLETED,
        "patient_id": "ada",
        "questionnaire": prompt_set.canonical,
        "authored": NOON,
        "recorded_at": NOON,
        "language": "en",
        "shared": b"{}",
    }
    return EntryVersion(**(said | {"link": link, "answers": words} | more))
