"""Strategies for a patient's calendar, tidy and nasty, and for what was written and said along the way."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import strategies as st

from service.journal.assigned import AssignedSet, brought_up_to_date
from service.journal.entries import Draft, EntryStatus, EntryVersion, Link
from service.journal.match import COUNTED_STATUSES, Coding, EncounterSeen, MatchRule
from service.journal.overview import ClinicRules, Overview, Seen, overview
from service.journal.rulings import Reason, Ruling, RulingKind, Rulings
from service.journal.series import Assignment, EpisodeSeen, SeriesRule
from tests.journal.situation_notation import SETS, library

NOW = datetime(2026, 11, 30, 20, 0, tzinfo=UTC)
FIRST = datetime(2026, 11, 1, 7, 0, tzinfo=UTC)  # midnight at the clinic, on the day of 25 hours
IV = Coding("http://clinic.example/codes", "iv")
RULES = ClinicRules(
    MatchRule("1", "America/Los_Angeles", types=(IV,)),
    SeriesRule(length=3, episodes=True),
)
LIBRARY = library(3)
EPISODES = (
    EpisodeSeen("1", "ada", "active"),
    EpisodeSeen("2", "ada", "finished", end=FIRST + timedelta(days=4)),
    EpisodeSeen("3", "ada", "finished"),
)
COUNTED = sorted(COUNTED_STATUSES)
NEVER = ("planned", "cancelled", "entered-in-error", "triaged", "unknown")
OPEN_FOR = timedelta(days=90)

_HOURS = st.integers(0, 24 * 7 * 4).map(lambda quarters: timedelta(minutes=15 * quarters))
_LASTS = st.sampled_from([None, 0, 15, 60, 60, 60, 240, 600, 2000, -30])


@st.composite
def _visit(draw: st.DrawFn, number: int) -> EncounterSeen:
    start = FIRST + draw(_HOURS)
    lasts = draw(_LASTS)
    known = draw(st.sampled_from(["time", "time", "time", "time", "time", "day", "nothing"]))
    part = draw(st.none() | st.none() | st.integers(0, 7))
    appointment = draw(st.none() | st.none() | st.integers(0, 3))
    episode = draw(st.none() | st.integers(1, 4))
    return EncounterSeen(
        f"v{number}",
        draw(st.sampled_from(["ada", "ada-old"])),
        draw(st.sampled_from([*COUNTED, *COUNTED, *NEVER])),
        types=(IV,) if draw(st.integers(0, 9)) else (),
        start=start if known == "time" else None,
        start_day=(start - timedelta(hours=8)).date() if known == "day" else None,
        end=start + timedelta(minutes=lasts) if known == "time" and lasts is not None else None,
        part_of=f"Encounter/v{part}" if part is not None else None,
        appointments=(f"Appointment/{appointment}",) if appointment is not None else (),
        episodes=(f"EpisodeOfCare/{episode}",) if episode is not None else (),
    )


@st.composite
def calendars(draw: st.DrawFn, most: int = 8) -> list[EncounterSeen]:
    """Some visits, each once."""
    return [draw(_visit(number)) for number in range(draw(st.integers(0, most)))]


@st.composite
def said(draw: st.DrawFn) -> list[Ruling]:
    """What clinicians said, about visits that may be there or not."""
    kinds = [kind for kind in RulingKind if kind not in (RulingKind.LEFT_AS_IT_IS, RulingKind.NO_INFUSION)]
    visit = st.integers(0, 7).map(lambda number: f"v{number}")
    return [
        Ruling(
            f"r{number}",
            "ada",
            draw(st.sampled_from(kinds)),
            "Practitioner/7",
            NOW + timedelta(hours=number),
            Reason.OTHER,
            encounter_ids=(draw(visit),),
            beside=(draw(visit),),
            at=draw(st.none() | _HOURS.map(lambda hours: FIRST + hours)),
            set_url=SETS + draw(st.sampled_from(["1", "2", "3", "repeating"])),
            about=f"r{draw(st.integers(0, 3))}",
        )
        for number in range(draw(st.integers(0, 4)))
    ]


@st.composite
def written_after(
    draw: st.DrawFn, assignments: Sequence[Assignment]
) -> tuple[list[Draft], list[EntryVersion]]:
    """Something written after some of these infusions, begun, put off, sent or entered in error."""
    drafts, entries = [], []
    for number, one in enumerate(assignments):
        kind = draw(st.sampled_from(["nothing", "draft", "put-off", "sent", "sent", "wrong"]))
        if one.prompt_set is None or kind == "nothing":
            continue
        if kind in ("draft", "put-off"):
            status = EntryStatus.STOPPED if kind == "put-off" else EntryStatus.IN_PROGRESS
            drafts.append(draft(f"d{number}", one.link, one.prompt_set.canonical, status=status))
        else:
            status = EntryStatus.ENTERED_IN_ERROR if kind == "wrong" else EntryStatus.COMPLETED
            entries.append(entry(f"e{number}", one.link, one.prompt_set.canonical, status=status))
    return drafts, entries


@st.composite
def waiting_words(draw: st.DrawFn) -> list[EntryVersion]:
    """Entries without an infusion, each begun at some instant of the calendar."""
    return [
        entry(f"w{number}", Link(), f"{SETS}1|1.0.0", FIRST + draw(_HOURS) + timedelta(hours=1))
        for number in range(draw(st.integers(0, 3)))
    ]


def draft(key: str, link: Link, canonical: str, *, status: EntryStatus = EntryStatus.IN_PROGRESS) -> Draft:
    """A draft in this set with this link."""
    return Draft(key, "ada", canonical, link, (), 1, NOW, NOW, "en", status)


def entry(
    key: str,
    link: Link,
    canonical: str,
    begun_at: datetime = NOW,
    *,
    status: EntryStatus = EntryStatus.COMPLETED,
) -> EntryVersion:
    """A sent entry in this set with this link."""
    return EntryVersion(
        key, key, 1, status, "ada", canonical, link, (), begun_at, begun_at, "en", b"{}", begun_at=begun_at
    )


def look(
    visits: Iterable[EncounterSeen],
    rulings: Iterable[Ruling] = (),
    drafts: Iterable[Draft] = (),
    entries: Iterable[EntryVersion] = (),
) -> Overview:
    """Everything the rules say of these visits."""
    seen = Seen(tuple(visits), EPISODES, Rulings(rulings))
    return overview(seen, RULES, LIBRARY, NOW, drafts=drafts, entries=entries)


class Keeper:
    """Keeps assigned sets as the store does: the newest version of each."""

    def __init__(self) -> None:
        self.kept: dict[str, AssignedSet] = {}
        self._numbers = count(1)

    def keep(self, view: Overview) -> tuple[AssignedSet, ...]:
        """Bring the sets up to date with this view; what had to be kept anew."""
        changed = brought_up_to_date(
            self.kept.values(),
            view.steps,
            patient_id="ada",
            now=NOW,
            open_for=OPEN_FOR,
            new_id=lambda: f"t{next(self._numbers):04}",
        )
        self.kept |= {one.id: one for one in changed}
        return changed
