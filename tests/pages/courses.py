"""A course in which much waits for a clinician, as the rules see it: what the chart's lists are shown with."""

from dataclasses import fields, is_dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

from service.journal.entries import Cause, EntryStatus, EntryVersion, Filing, FilingState, Link
from service.journal.match import Coding, EncounterSeen, MatchRule
from service.journal.overview import ClinicRules, Overview, Seen, overview
from service.journal.prompts import Prompt, PromptLibrary, PromptSet
from service.journal.rulings import Reason, Ruling, RulingKind, Rulings
from service.journal.series import SeriesRule
from service.web import cards
from tests.pages.samples import Values

ZONE = "America/Los_Angeles"
NOW = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
INFUSION = Coding("http://codes.example/visits", "ketamine-iv-infusion")
INTAKE = Coding("http://codes.example/visits", "intake")
RULE = MatchRule("3", ZONE, types=(INFUSION,))
TITLES = (
    "Getting Started",
    "Building Awareness",
    "Exploring Adjustments",
    "Going Deeper",
    "Bringing Home",
    "Closing",
)


def _set(number: int | None, name: str, title: str, themes: tuple[str, ...]) -> PromptSet:
    prompts = tuple(
        Prompt(f"{name}.{place}", f"{place}.", "What did you notice?", theme, 50000)
        for place, theme in enumerate(themes, 1)
    )
    url = f"https://journal.example/Questionnaire/{name}"
    return PromptSet(url, "1.0.0", name, title, number, "en", "Marigold", "Notice.", "Call 988.", prompts)


LIBRARY = PromptLibrary(
    (
        *(
            _set(number, f"after-infusion-{number}", f"After Infusion {number}: {title}", ("own-theme",))
            for number, title in enumerate(TITLES, 1)
        ),
        _set(None, "repeating", "The Prompts That Return", ("insights", "change-since-start")),
    )
)


def visit(id_: str, days_ago: int, minutes: int | None = 55, **more: Any) -> EncounterSeen:
    """A finished infusion so many days before NOW, at half past ten at the clinic."""
    start = NOW.replace(hour=18, minute=30) - timedelta(days=days_ago)
    said: dict[str, Any] = {
        "patient_id": "pat-1",
        "status": "finished",
        "types": (INFUSION,),
        "start": start,
        "end": start + timedelta(minutes=minutes) if minutes else None,
    }
    return EncounterSeen(id_, **(said | more))


def entry(id_: str, number: int, link: Link, began: datetime, **more: Any) -> EntryVersion:
    """A sent entry in the set of this number."""
    found = LIBRARY.for_ordinal(number)
    assert found is not None
    said: dict[str, Any] = {
        "id": id_,
        "key": f"key-{id_}",
        "version": 1,
        "status": EntryStatus.COMPLETED,
        "patient_id": "pat-1",
        "questionnaire": found.canonical,
        "link": link,
        "answers": (),
        "authored": began + timedelta(hours=1),
        "recorded_at": began + timedelta(hours=1),
        "language": "en",
        "shared": b"{}",
        "begun_at": began,
    }
    return EntryVersion(**(said | more))


def linked(seen: EncounterSeen, ordinal: int, *more: str) -> Link:
    """What an entry froze when it was begun after this visit."""
    evidence = (seen.id, *more)
    return Link(seen.id, ordinal, seen.start, seen.end, evidence, "3", "first-match:1")


ONE, TWO, TWO_B = (
    visit("enc-1", 30),
    visit("enc-2", 26),
    visit("enc-2-recovery", 26, part_of="Encounter/enc-2"),
)
THREE, FOUR, LATE = visit("enc-3", 22), visit("enc-4", 18), visit("enc-late", 24)
CANCELLED = visit("enc-cancelled", 14, status="cancelled")
OVERLAPS = NOW.replace(hour=15, minute=0) - timedelta(days=9)
LONG = visit("enc-long", 9, start=OVERLAPS, end=OVERLAPS + timedelta(hours=9))
SHORT = visit("enc-short", 9, start=OVERLAPS + timedelta(hours=7), end=OVERLAPS + timedelta(hours=8))
DAY_ONLY = visit("enc-day-only", 22, start=None, start_day=(NOW - timedelta(days=22)).date(), end=None)
VISITS = (
    ONE,
    TWO,
    TWO_B,
    THREE,
    FOUR,
    LATE,
    CANCELLED,
    LONG,
    SHORT,
    DAY_ONLY,
    visit("enc-no-start", 0, start=None, end=None),
    visit("enc-intake", 33, types=(INTAKE,)),
    visit("enc-planned", -3, status="planned", end=None),
    visit("enc-not-given", 6),
)
ENTRIES = (
    entry("e1", 1, linked(ONE, 1), NOW - timedelta(days=30)),
    entry("e2", 2, linked(TWO, 2, "enc-2-recovery"), NOW - timedelta(days=26)),
    entry("e2b", 2, linked(TWO_B, 2), NOW - timedelta(days=26)),
    entry("e3", 3, linked(THREE, 3), NOW - timedelta(days=22)),
    entry("e5", 5, linked(CANCELLED, 5), NOW - timedelta(days=14)),
    entry("e-waiting", 6, Link(), NOW - timedelta(hours=3)),
)
SAID = (
    Ruling(
        "r1",
        "pat-1",
        RulingKind.NOT_GIVEN,
        "Practitioner/clinician-1",
        NOW - timedelta(days=5),
        Reason.SAID_BY_PATIENT,
        ("enc-not-given",),
    ),
    Ruling(
        "r2",
        "pat-1",
        RulingKind.ASK_SET,
        "Practitioner/clinician-2",
        NOW - timedelta(days=4),
        Reason.TREATMENT_PLAN,
        ("enc-long",),
        set_url=LIBRARY.sets[5].url,
    ),
    Ruling(
        "r3",
        "pat-1",
        RulingKind.LEFT_AS_IT_IS,
        "Practitioner/clinician-1",
        NOW - timedelta(days=3),
        Reason.SEEN_IN_CHART,
        entry_id="e1",
        about="what-was-looked-at",
    ),
)
FILINGS = {
    one.id: Filing(f"f-{one.id}", "pat-1", one.id, 1, "urn:uuid:1", state, NOW)
    for one, state in zip(
        ENTRIES,
        (
            FilingState.FILED,
            FilingState.FILED,
            FilingState.DUE,
            FilingState.PARKED,
            FilingState.FILED,
            FilingState.WAITING,
        ),
        strict=True,
    )
}


def open_course() -> cards.Seen:
    """The course with all that waits in it."""
    seen = Seen(VISITS, rulings=Rulings(SAID))
    rules = ClinicRules(RULE, SeriesRule())
    view: Overview = overview(seen, rules, LIBRARY, NOW, entries=ENTRIES)
    return cards.Seen(view, {one.id: one for one in VISITS}, LIBRARY, FILINGS, ZONE)


def quiet_course() -> cards.Seen:
    """A course with nothing to decide: one infusion, not written."""
    view = overview(Seen((ONE,)), ClinicRules(RULE, SeriesRule()), LIBRARY, NOW)
    return cards.Seen(view, {ONE.id: ONE}, LIBRARY, {}, ZONE)


def plain(value: Any) -> Any:
    """The same rows as plain sample values, whose words a test can replace."""
    if is_dataclass(value) and not isinstance(value, type):
        return Values(**{one.name: plain(getattr(value, one.name)) for one in fields(value)})
    if isinstance(value, tuple | list):
        return [plain(one) for one in value]
    return value.value if isinstance(value, Enum) else value


def shown(seen: cards.Seen) -> dict[str, Any]:
    """What the page of a patient's visits is given."""
    return {
        "patient_id": "pat-1",
        "items": plain(cards.cards(seen)),
        "series": plain(cards.series_rows(seen)),
        "apart": plain(cards.apart(seen)),
        "rulings": plain(cards.ruling_rows(seen)),
        "left_out": plain(cards.left_out(seen)),
        "closing": plain(LIBRARY.closing),
        "open_items": len(seen.overview.items),
        "care_team": True,
        "page": "visits",
        "problem": None,
        "again": {},
        "time_twice": False,
        "kept": False,
        "today": "2026-11-24",
    }


MOVED = {
    "cause": Cause.MOVED.value,
    "made_by": "Practitioner/clinician-1",
    "why": Reason.WRONG_VISIT.value,
    "recorded_at": NOW,
}
