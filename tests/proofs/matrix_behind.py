"""What lies behind the authorization matrix's doors: two patients of one clinic, one of another, and their words."""

import json
import re
from dataclasses import dataclass, field
from uuid import uuid4

from service.cli.demo_clinic import CLINIC
from service.journal.entries import FilingState
from service.store import audit_trail, deeds, drafts, entries, filings
from tests.people import Patient, Visitor, app_of, patient
from tests.workflow.contexts import as_patient
from tests.world import OTHER, World

ADA, BOB, ELSEWHERE, ABSENT = "ada", "bob", "elsewhere", "absent"
SLOTS = (ADA, BOB, ELSEWHERE, ABSENT)
NAMES = {ADA: "patient-six-done", BOB: "patient-eight-done", ELSEWHERE: "patient-two-in"}
FAMILIES = {ADA: "Harrowgate", BOB: "Marchbanks", ELSEWHERE: "Lindqvist"}
_VISITS = {ADA: "six-done", BOB: "eight-done", ELSEWHERE: "two-in"}
LACKING = {ELSEWHERE: frozenset({"spare", "open_task", "place", "free"})}  # whose course is short
Slot = dict[str, str]


def clinic_of(who: str) -> str:
    """Where somebody is a patient."""
    return OTHER if who == ELSEWHERE else CLINIC


@dataclass
class Behind:
    """What lies behind the doors: for each slot, what every variable of a request is filled with."""

    world: World
    slots: dict[str, Slot] = field(default_factory=dict)

    def words(self, who: str) -> tuple[str, str]:
        """The planted words of somebody: those that were sent, and those of a draft."""
        return f"planted-and-sent-by-{who}", f"planted-in-a-draft-of-{who}"

    def ids(self, who: str) -> frozenset[str]:
        """The ids that tell of somebody, each unlike everybody else's."""
        return frozenset(
            self.slots[who][name]
            for name in ("sent", "entry", "spare", "task", "open_task", "event", "binary", "filed", "parked")
        )

    def drafts(self, who: str) -> frozenset[str]:
        """The keys of what somebody began and did not send."""
        return frozenset(self.slots[who][name] for name in ("draft", "stopped", "unsent"))

    def revision(self, who: str) -> str:
        """At which revision somebody's draft is now; any for nobody's."""
        slot = self.slots[who]
        if who == ABSENT:
            return "2"
        asking = as_patient(slot["patient"], clinic_of(who))
        found = drafts.draft(self.world.desk.store, asking, slot["draft"])
        return str(found.revision) if found else "2"

    def version(self, who: str) -> str:
        """At which version somebody's entry is now; any for nobody's."""
        slot = self.slots[who]
        if who == ABSENT:
            return "1"
        asking = as_patient(slot["patient"], clinic_of(who))
        found = entries.by_key(self.world.desk.store, asking, slot["sent"])
        return str(found.version) if found else "1"

    def task_said(self, who: str, task: str) -> str:
        """Somebody's Task as their own app reads it now; another's where there is none."""
        if who == ABSENT:
            return self.slots[ABSENT]["task_said"]
        reader = app_of(self.world, NAMES[who], clinic_of(who), scope="patient/Task.rs")
        return reader.get(f"Task/{self.slots[who][task]}").text


def people_behind(world: World) -> Behind:
    """Ada and Bob of the first clinic and somebody of the other one, each with entries, drafts and a decision."""
    behind = Behind(world)
    for who, name in NAMES.items():
        clinic = clinic_of(who)
        behind.slots[who] = _written(behind, who, patient(world, name, clinic), clinic)
    behind.slots[ABSENT] = {name: str(uuid4()) for name in behind.slots[ADA]} | {
        "provenance": f"{uuid4()}.1",
        "binary": f"{uuid4()}.1",
        "patient": "patient-nobody",
        "encounter": "no-visit-1",
        "begun": "no-visit-2",
        "free": "no-visit-3",
        "place": "no-visit-4",
        **{name: behind.slots[ADA][name] for name in ("response", "task_said")},
    }
    for slot in behind.slots.values():
        slot["ruling"] = str(uuid4())
    return behind


def _written(behind: Behind, who: str, ada: Patient, clinic: str) -> Slot:
    """What somebody wrote: sent, begun, put aside, and two that are moved or sent by the probes themselves."""
    visits, world = _VISITS[who], behind.world
    sent_words, draft_words = behind.words(who)
    written = {"sent": ada.write(f"{visits}-1", {"ai1.1": sent_words}), "draft": ada.begin(f"{visits}-2")}
    ada.type(written["draft"], 1, {"ai2.1": draft_words})
    written |= {"to_send": _begun_at_once(ada, sent_words), "stopped": _begun_at_once(ada, draft_words)}
    ada.post(f"entry/{written['stopped']}/stop")
    written["wrong"] = _begun_at_once(ada, sent_words)
    assert ada.send(written["wrong"], 2).status_code == 303
    owed = _begun_at_once(ada, sent_words)
    assert ada.send(owed, 2).status_code == 303
    spare = str(uuid4()) if who in LACKING else ada.write(f"{visits}-3", {"ai3.1": sent_words})
    world.deliver(clinic)
    entry = world.desk.entry_id(clinic, written["sent"])
    return written | {
        "entry": entry,
        "spare": world.desk.entry_id(clinic, spare),
        "unsent": world.desk.entry_id(clinic, written["draft"]),
        "provenance": f"{entry}.1",
        "encounter": f"{visits}-1",
        "begun": f"{visits}-2",
        "place": f"{visits}-5",
        "free": f"{visits}-6",
        "patient": NAMES[who],
        "event": _event_about(world, clinic, NAMES[who]),
        "filed": _filing_of(world, clinic, written["sent"]),
        "parked": _parked(world, clinic, _filing_of(world, clinic, owed)),
        **_read_by_app(world, who, entry, f"{visits}-4"),
    }


def _filing_of(world: World, clinic: str, key: str) -> str:
    """The id of the summary that is owed of what was sent under this key."""
    return filings.of_one_entry(world.desk.store, clinic, world.desk.entry_id(clinic, key))[0].id


def _parked(world: World, clinic: str, filing_id: str) -> str:
    """The filing, which waits for a person from now on."""
    parked = deeds.SettleFiling(filing_id, FilingState.PARKED, "unknown-outcome", None, world.clock())
    world.desk.writer.perform(deeds.Deed(clinic, changes=(parked,)))
    return filing_id


def _begun_at_once(ada: Patient, words: str) -> str:
    """The key of a draft that waits for its infusion, with these words under its first prompt."""
    key, offered = str(uuid4()), set_offered(ada)
    assert ada.post("begin-now", key=key, set=offered).status_code == 303
    page = ada.get(f"entry/{key}/all").text
    first = re.search(r'name="text-([^"]+)"', page)
    assert first is not None, page
    assert ada.type(key, 1, {first[1]: words}).status_code == 200
    return key


def set_offered(ada: Visitor) -> str:
    """The set that a patient's own page offers to write in at once; "" for none."""
    found = re.search(r'name="set" value="([^"]+)"', ada.get().text)
    return found[1] if found else ""


def _read_by_app(world: World, who: str, entry: str, open_visit: str) -> Slot:
    """What somebody's own app reads of it: the Tasks of what was sent and of what is open, the filed summary."""
    reader = app_of(world, NAMES[who], clinic_of(who), scope="patient/*.cruds")
    tasks = [one["resource"] for one in reader.get("Task").json()["entry"]]
    at = {one["encounter"]["reference"].rpartition("/")[2]: one for one in tasks if "encounter" in one}
    document = reader.get(f"DocumentReference/{entry}").json()
    open_task = at.get(open_visit, tasks[0])
    return {
        "task": tasks[0]["id"],
        "open_task": open_task["id"],
        "task_said": json.dumps(open_task),
        "response": reader.get(f"QuestionnaireResponse/{entry}").text,
        "binary": document["content"][0]["attachment"]["url"].rpartition("/")[2],
    }


def _event_about(world: World, clinic: str, name: str) -> str:
    """A record of the log that is about this patient."""
    newest = audit_trail.newest(world.desk.store, clinic, limit=200)
    return next(one.record.id for one in newest if one.record.patient == name)


def standing_ruling(behind: Behind, who: str, doctor: Visitor) -> str:
    """The id of a decision about this patient that may be taken back; one is made where none stands."""
    slot = behind.slots[who]
    if not (found := _may_be_taken_back(doctor)):
        said = doctor.post(
            "say",
            patient=slot["patient"],
            kind="series-begins",
            why="other",
            encounter=slot["encounter"],
            page="visits",
        )
        assert said.status_code == 303, said.text
        found = _may_be_taken_back(doctor)
    return found[0]


def _may_be_taken_back(doctor: Visitor) -> list[str]:
    return re.findall(r'name="ruling" value="([^"]+)"', doctor.get("visits").text)
