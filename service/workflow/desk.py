"""What every workflow has at hand: the store and its writer, the published sets, the clinics, time and chance.

The wiring fills it once; workflows take it as their first argument and reach nothing else.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID, uuid5

from service.ehr.breaker import Breaker
from service.ehr.client import RecordSystem
from service.ehr.outcome import Outcome, Rung
from service.journal.overview import ClinicRules
from service.journal.problems import NoRoom, NotYours
from service.journal.prompts import PromptLibrary
from service.journal.release import NEXT_MORNING, Release
from service.r4.document_reference import DocumentType
from service.smart.clocks import OtherClock
from service.smart.discovery import Configurations
from service.smart.introspection import Introspection
from service.smart.keys import RemoteKeys
from service.smart.token_endpoint import Caller
from service.store.engine import Store
from service.store.writer import Writer
from service.summary.content import Summary
from service.summary.course_content import CourseSummary
from service.summary.renditions import Rendition
from service.workflow.clock_watch import ClockNews
from service.workflow.leases import Leases
from service.workflow.unresolved import Unresolved

# How long a worker may hold a patient's lane.
LEASE = timedelta(seconds=120)
# Our own name space for entry ids (RFC 9562 section 5.5); never to be changed.
_ENTRY_IDS = UUID("6f1c2a52-6d0e-4d0b-9a53-5d6f3c1be0a7")


@dataclass(frozen=True, slots=True)
class FilingRules:
    """How one clinic's summaries are filed: the rung, the document's type, the quiet window (fault matrix 2).

    `needs_encounter`: the record system takes a document only with an encounter, so an entry without one waits
    (rule 11). `tasks`: it takes the assigned sets as Tasks; `response`: the QuestionnaireResponse as well (rule 20).
    `renditions` are the forms it takes, the best first, of `most_bytes` at most (W-04). The document names the patient
    as author with `patient_author`, is marked as the patient's word with `patient_asserted`, and says `doc_status`.
    `updates`: what stands there can be marked as superseded or entered in error. What it holds for review for longer
    than `held_days` is shown to a person (W-15); `sees_held`: its searches find what it holds. `replaces`: it takes a
    document that says what it replaces (W-30); `needs_period`: each must say when what it tells of ended. With
    `course_summaries` a series that is over gets a document of its own (rule 20).
    """

    rung: Rung
    document_type: DocumentType
    quiet_window: timedelta
    needs_encounter: bool = False
    tasks: bool = False
    renditions: tuple[Rendition, ...] = (Rendition.PDF,)
    most_bytes: int = 5 * 1024 * 1024
    patient_author: bool = True
    patient_asserted: bool = True
    doc_status: str | None = None
    updates: bool = True
    response: bool = False
    held_days: int = 14
    sees_held: bool = True
    replaces: bool = True
    needs_period: bool = False
    course_summaries: bool = False

    @property
    def standing(self) -> Rung:
        """The rung that holds: where held notes hide from searches, no search proves that nothing was sent (W-15)."""
        return Rung.NONE if self.rung is Rung.SEARCH and not self.sees_held else self.rung

    def remark(self, media_type: str) -> str | None:
        """What a document says of its form where that is not the clinic's first choice (F5, F17)."""
        usual = self.renditions[0].media_type
        if media_type == usual:
            return None
        return f"In place of the usual form ({usual}), which could not be made or was not taken."


@dataclass(frozen=True, slots=True)
class FindingRules:
    """How new infusions are looked for: how often the record system is asked, and what its notifications prove.

    `poll` is None where it is never asked by itself. Every known patient is looked at anew after `daily_look`, so
    that what a changed-since search missed is found. `notify_secret` comes with each notification.
    """

    poll: timedelta | None = timedelta(minutes=5)
    daily_look: timedelta = timedelta(hours=24)
    notify_secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class App:
    """One of our registrations at the clinic's record system: how it proves itself, and what it asks for."""

    caller: Caller
    scope: str


@dataclass(frozen=True, slots=True)
class ClinicDesk:
    """One clinic as workflows see it: its names, its rules, and the ways to its record system.

    `library` has the sets that this clinic offers; those it does not are withheld in it. `apps` are by kind of visit:
    patient, clinician, officer. `record_system` takes what gives an access token; `for_delivery` calls with the
    worker's own. `merged_patients`: a patient also reaches what was written under a record that theirs replaces, once
    the record system confirms it (threat T9). `introspection` is there where the clinic takes opaque tokens; without
    `signed_tokens` it is asked about every token. Pages of `origins` may call our FHIR base.
    `release` says when others may see what was sent (rule 15), `tell_when_read` whether a patient is told on which day
    the care team read it. `their_clock` knows how far the clock of the clinic's servers was from ours when they last
    said (F23).
    """

    key: str
    title: str
    zone: str
    language: str
    telephone: str | None
    base: str
    iss: str
    issuer: str
    spellings: tuple[str, ...]
    rules: ClinicRules
    library: PromptLibrary
    officers: frozenset[str]
    care_team: frozenset[str]
    audiences: tuple[str, ...]
    clients: frozenset[str]
    frame_ancestors: tuple[str, ...]
    filing: FilingRules
    apps: Mapping[str, App]
    configurations: Configurations
    keys: RemoteKeys
    record_system: Callable[[Callable[[], str]], RecordSystem]
    for_delivery: RecordSystem
    finding: FindingRules = FindingRules()
    merged_patients: bool = False
    introspection: Introspection | None = None
    signed_tokens: bool = True
    origins: frozenset[str] = frozenset()
    release: Release = NEXT_MORNING
    their_clock: OtherClock | None = None
    tell_when_read: bool = True


class Turns:
    """One at a time for each name, within this process; names may share a turn by chance."""

    def __init__(self) -> None:
        self._locks = tuple(threading.Lock() for _ in range(64))

    def of(self, name: str) -> threading.Lock:
        """The turn of this name."""
        return self._locks[hash(name) % len(self._locks)]


class Breakers:
    """Each clinic's breaker, as this process knows its record system (W-20)."""

    def __init__(self) -> None:
        self._turn = threading.Lock()
        self._by_clinic: dict[str, Breaker] = {}

    def begin(self, clinic: str, now: datetime) -> bool:
        """Whether a filing may be tried now; it is on its way then."""
        with self._turn:
            breaker = self._by_clinic.get(clinic, Breaker())
            may = breaker.lets_through(now)
            self._by_clinic[clinic] = breaker.tried(now) if may else breaker
            return may

    def heard(self, clinic: str, outcome: Outcome, patient: str, now: datetime) -> None:
        """What became of it."""
        with self._turn:
            breaker = self._by_clinic.get(clinic, Breaker())
            self._by_clinic[clinic] = breaker.after(outcome, patient, now)

    def give_back(self, clinic: str) -> None:
        """Nothing was tried after all."""
        with self._turn:
            breaker = self._by_clinic.get(clinic, Breaker())
            self._by_clinic[clinic] = replace(breaker, probed_at=None)

    def told_to_wait(self, clinic: str, retry_after: str | None, now: datetime) -> None:
        """The record system sent this header with what it answered to a look."""
        with self._turn:
            breaker = self._by_clinic.get(clinic, Breaker())
            self._by_clinic[clinic] = breaker.told_to_wait(retry_after, now)

    def is_closed(self, clinic: str, now: datetime) -> bool:
        """Whether the record system is believed to be there, and has not asked to be left alone."""
        with self._turn:
            breaker = self._by_clinic.get(clinic, Breaker())
            return breaker.until is None and not breaker.waits(now)


class Rendering(Protocol):
    """Makes a summary in a form; CannotRender where it cannot be made."""

    def __call__(self, summary: Summary | CourseSummary, rendition: Rendition = Rendition.PDF, /) -> bytes:
        """The bytes of the file."""


def _goes_on(_point: str) -> None:
    """Nothing happens at any point."""


@dataclass(frozen=True, slots=True)
class Desk:
    """The tools of all workflows. `now` gives aware UTC instants as the wall shows them, `steady` seconds that only go
    forward and that nobody sets: for spans within one process. `new_id` gives random UUIDs, `new_secret` URL-safe
    secrets, `chance` numbers from 0 up to 1.

    `words_key` derives, for a named draft, the key that seals words in a browser tab which the server has not
    confirmed yet (rule 14): the server keeps it, the tab only borrows it. `renewals` are the turns at a visit's token;
    `breakers` tell which record system is left alone for a while, `leases` whose lane may be taken over, `unresolved`
    since when it is known of a send that nobody knows its end, `clock_news` whether the clock was set.

    `has_room` tells whether new writing can be kept: what was begun is kept as long as there is any room at all.

    `at` is told of each point of the delivery protocol that is reached ("K0" to "K9", fault matrix section 2): whoever
    tries what a crash there leaves behind stops the worker at it.
    """

    store: Store
    writer: Writer
    library: PromptLibrary
    clinics: Mapping[str, ClinicDesk]
    redirect_uri: str
    now: Callable[[], datetime]
    steady: Callable[[], float]
    random: Callable[[int], bytes]
    new_id: Callable[[], str]
    new_secret: Callable[[], str]
    chance: Callable[[], float]
    render: Rendering
    words_key: Callable[[str], bytes]
    renewals: Turns = field(default_factory=Turns)
    breakers: Breakers = field(default_factory=Breakers)
    leases: Leases = field(default_factory=lambda: Leases(LEASE.total_seconds()))
    unresolved: Unresolved = field(default_factory=Unresolved)
    clock_news: ClockNews = field(default_factory=ClockNews)
    at: Callable[[str], None] = _goes_on
    has_room: Callable[[], bool] = lambda: True

    def ask_for_room(self) -> None:
        """NoRoom where nothing new may be begun (F60)."""
        if not self.has_room():
            raise NoRoom

    def entry_id(self, clinic: str, key: str) -> str:
        """The FHIR id of the entry with this key: the server's own, and the same from draft to amendment."""
        return str(uuid5(_ENTRY_IDS, f"{clinic}/{key}"))

    def provenance_id(self, entry_id: str, version: int) -> str:
        """The FHIR id of the Provenance of this entry version: it names the version, so that no table has to."""
        return f"{entry_id}.{version}"

    def clinic(self, key: str) -> ClinicDesk:
        """The clinic with this short name; NotYours where there is none."""
        found = self.clinics.get(key)
        if found is None:
            raise NotYours
        return found

    def clinic_at(self, iss: str) -> ClinicDesk | None:
        """The clinic whose record system this is, letter for letter as configured (SMART A-12, A-13)."""
        return next((one for one in self.clinics.values() if iss in one.spellings), None)
