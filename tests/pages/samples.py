"""Invented values for every page: what the doors will give, in the states that people meet."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace as Values
from typing import Any

from service.web.owed import REASONS

KEY = "0b0f7c1e-5a55-4f0e-9e0a-2f4f2d0a7f11"
VISIT = "v8f3k"
WORDS_KEY = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
INFUSED = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)
SENT = INFUSED + timedelta(hours=5)
MORNING = datetime(2026, 11, 21, 17, 0, tzinfo=UTC)

CLINIC = Values(
    name="Marigold Ketamine Clinic",
    zone="America/Los_Angeles",
    language="en",
    telephone="+1 503 555 0142",
    release_hour="",
    tell_when_read=True,
    notice="Nobody at the clinic watches what you write here in real time.",
    crisis_line="If you might hurt yourself, call or text 988 at any hour. In an emergency call 911.",
)
HOLDING = Values(**(vars(CLINIC) | {"release_hour": "09:00"}))
BANNER = Values(name="Maribel Okonkwo-Lindqvist", birth_date=date(1985, 3, 4), identifier="MRN 40021")
BECAUSE = "I remembered more the next day, and one thing was not as I had said"
LONG = (
    "I wanted to let go of the argument with my brother. For a while I was floating over the lake house, and the"
    " argument looked small from up there.\n\nThen it turned dark, and I was frightened, but the music carried me."
)
TITLE = "After Infusion 3: Exploring Lifestyle Adjustments"
TEXTS = (
    "What changes or adjustments could improve your general well-being (e.g., healthier diet, better sleep hygiene,"
    " regular therapy, stronger boundaries)?",
    "What changes do you notice in your emotional state or thought patterns since starting treatment?",
    "Did any insights or realizations come to you during the session? What did you learn, if anything?",
    "What does self-compassion look like for you? What are some ways you could show yourself more compassion?",
    "Make note of any sensations in your body, whether pleasant or unpleasant, that feel new or different.",
)
PROMPTS = [
    Values(link_id=f"ai3.{number}", prefix=f"{number}.", text=text, max_length=50000)
    for number, text in enumerate(TEXTS, 1)
]
EARLIER = [
    ("What you wrote after infusion 2 (3 November)", LONG),
    ("What you wrote after infusion 1", "Calm."),
]
ANSWERS = (LONG, "", "I learnt that I can ask for help.", "Rest.", "")


MARK = Values(read_by="Practitioner/clinician-1", read_at=SENT + timedelta(days=1))
NOT_READ = Values(state="not-yet", mark=None, is_owed=True)
READ = Values(state="read", mark=MARK, is_owed=False)
READ_BEFORE = Values(state="before-change", mark=MARK, is_owed=True)


def infusion(ordinal: int | None, state: str, **more: Any) -> Values:
    """One row of a patient's home."""
    row = {
        "ordinal": ordinal,
        "when": INFUSED - timedelta(days=7 * (5 - (ordinal or 5))),
        "state": state,
        "set_title": f"After Infusion {ordinal}: Building Awareness and Connection" if ordinal else None,
        "key": None,
        "encounter_id": f"enc-{ordinal}",
        "new_key": KEY,
        "resume_number": None,
        "filed_at": None,
        "written_at": None,
        "waits_for_infusion": False,
        "held_until": None,
        "amending": False,
        "reading": None,
    }
    return Values(**(row | more))


INFUSIONS = [
    infusion(5, "ready"),
    infusion(4, "in-progress", key=KEY, resume_number=3),
    infusion(3, "not-today", key=KEY),
    infusion(2, "not-in-record", key=KEY),
    infusion(1, "filed", key=KEY, filed_at=SENT),
    infusion(6, "held-there", key=KEY),
    infusion(7, "sent", key=KEY),
    infusion(8, "not-yet"),
    infusion(10, "held", key=KEY, held_until=MORNING),
    infusion(11, "filed", key=KEY, filed_at=SENT, amending=True),
    infusion(15, "filed", key=KEY, filed_at=SENT, reading=READ),
    infusion(16, "sent", key=KEY, reading=READ_BEFORE),
    infusion(12, "mistake", key=KEY),
    infusion(13, "striking", key=KEY),
    infusion(14, "not-struck", key=KEY),
    infusion(9, "asked-already"),
    infusion(None, "no-set", when=INFUSED),
]
WRITE_NOW = Values(
    first=Values(
        url="https://journal.example/Questionnaire/after-infusion-6", title="After Infusion 6: Closing"
    ),
    others=[
        Values(
            url=f"https://journal.example/Questionnaire/after-infusion-{number}",
            title=f"After Infusion {number}: {words}",
        )
        for number, words in enumerate(("Getting Started", "Building Awareness and Connection"), 1)
    ],
    key=KEY,
    other_key="1c1f7c1e-5a55-4f0e-9e0a-2f4f2d0a7f22",
    prominent=False,
)
WRITE_FIRST = Values(**(vars(WRITE_NOW) | {"prominent": True}))
UNATTACHED = [
    infusion(1, "filed", key=KEY, filed_at=SENT),
    infusion(
        None,
        "waiting",
        when=None,
        key=KEY,
        written_at=SENT,
        waits_for_infusion=True,
        set_title=WRITE_NOW.first.title,
    ),
    infusion(None, "filed", when=None, key=KEY, written_at=SENT, waits_for_infusion=True, filed_at=SENT),
    infusion(None, "sent", when=None, key=KEY, written_at=SENT, waits_for_infusion=False),
    infusion(None, "in-progress", when=None, key=KEY, written_at=SENT, resume_number=2),
]
WRITING: Mapping[str, Any] = {
    "set_title": TITLE,
    "ordinal": 3,
    "when": INFUSED,
    "key": KEY,
    "total": 5,
    "revision": 4,
    "words_key": WORDS_KEY,
    "saved_at": SENT,
    "amending": False,
}
_WAITS = Values(
    patient_id="pat-1",
    patient=BANNER,
    set_title=TITLE,
    ordinal=3,
    when=INFUSED,
    written_at=None,
    since=SENT,
    changed=False,
)
UNREAD = [
    _WAITS,
    Values(**(vars(_WAITS) | {"patient_id": "pat-2", "patient": None, "changed": True})),
    Values(**(vars(_WAITS) | {"ordinal": None, "when": None, "written_at": SENT})),
]
ENTRY = Values(
    id="e3",
    set_title=TITLE,
    ordinal=3,
    when=INFUSED,
    authored=SENT,
    status="completed",
    version=1,
    filing="filed",
    filed_at=SENT + timedelta(minutes=2),
    prompts=[
        Values(prefix=prompt.prefix, text=prompt.text, answer=answer or None)
        for prompt, answer in zip(PROMPTS, ANSWERS, strict=True)
    ],
    written_at=SENT,
    cause="sent",
    made_by=None,
    why=None,
    recorded_at=SENT,
    difference=None,
    now_ordinal=3,
    reading=NOT_READ,
)
COURSE = [
    Values(ordinal=3, when=INFUSED, entry_id="e3", state="filed", reading=NOT_READ),
    Values(ordinal=2, when=INFUSED - timedelta(days=7), entry_id="e2", state="not-in-record", reading=READ),
    Values(ordinal=1, when=INFUSED - timedelta(days=14), entry_id=None, state="in-progress"),
    Values(ordinal=None, when=None, entry_id="e4", state="waiting", written_at=SENT, reading=READ_BEFORE),
]


def theme(title: str, count: int) -> Values:
    """One theme answered over `count` infusions, the second of them skipped."""
    columns = [
        Values(
            ordinal=number,
            when=INFUSED - timedelta(days=7 * (count - number)),
            text=title if number != 3 else "What do you notice that is new?",
            answer=None if number == 2 else LONG,
        )
        for number in range(1, count + 1)
    ]
    return Values(title=title, columns=columns)


THEMES = [theme(TEXTS[1], 5), theme(TEXTS[2], 2)]
HEAD = Values(
    size=18231,
    root="b1946ac92492d2347c6235b4d2611184b1946ac92492d2347c6235b4d2611184",
    checkpoint="infusion-journal.example/marigold\n18231\nsZRqySSS0jR8YjW00mEhhA==\n\n— marigold Az3grl",
    verified_at=SENT,
)
FILTERS = Values(person="", patient="pat-1", deed="read", outcome="0", since="2026-11-01", until="", after="")
ROWS = [
    Values(
        index=18231 - number,
        recorded=SENT - timedelta(minutes=7 * number),
        deed=deed,
        outcome=outcome,
        person=person,
        role=role,
        client=client,
        patient="pat-1",
        what=what,
        address="192.0.2.17",
        reason=reason,
    )
    for number, (deed, outcome, person, role, client, what, reason) in enumerate(
        [
            ("read", "0", "Practitioner/clinician-1", "clinician", "journal-chart", "entry/e3", None),
            ("refusal", "4", "Practitioner/clinician-2", "clinician", "journal-chart", None, "NotAllowed"),
            ("filing", "8", None, "service", "journal-backend", "entry/e3/1", "RecordSystemSilent"),
            ("create", "0", "Patient/pat-1", "patient", "journal-patient", "entry/e3", None),
            ("launch", "0", "Patient/pat-1", "patient", "journal-patient", None, None),
        ]
    )
]
PEOPLE = [
    Values(person="Practitioner/clinician-1", role="clinician", times=4, first=INFUSED, last=SENT),
    Values(person="Patient/pat-1", role="patient", times=12, first=INFUSED, last=SENT),
]
VERDICT = Values(
    holds=True,
    sentence="All 18231 records are there, unchanged and in order.",
    size=18231,
    root=HEAD.root,
    checkpoint=HEAD.checkpoint,
    verified_at=SENT,
    faults=[],
)
BROKEN = Values(
    holds=False,
    sentence="The log does not match its seal.",
    size=18230,
    root=None,
    checkpoint=None,
    verified_at=SENT,
    faults=["Record 17 was changed after it was sealed.", "The last record is missing."],
)
PROBLEM = Values(sentence="The sign-in took too long. Nothing you wrote is lost.", name="LaunchExpired")


def owed(number: int, kind: str, reason: str, *, for_a_person: bool = True, has_paper: bool = True) -> Values:
    """One filing that is not in the record."""
    return Values(
        id=f"f{number}",
        patient_id="pat-1",
        kind=kind,
        ordinal=number,
        when=INFUSED,
        written_at=SENT,
        since=MORNING,
        reason=REASONS[reason] if for_a_person else "It is tried again by itself.",
        for_a_person=for_a_person,
        may_be_sent=for_a_person,
        has_paper=has_paper,
    )


OWED = [
    owed(1, "Summary", "unknown-outcome"),
    owed(2, "Answers", "scope", has_paper=False),
    owed(3, "Summary", "", for_a_person=False),
]
MEANWHILE = "This was decided or has changed meanwhile. Below is how it stands now."
