"""What a clinician and a patient do about infusions and entries, said shortly, and what then stands there."""

import io
from base64 import b64decode
from datetime import datetime, timedelta
from typing import Any

from pypdf import PdfReader

from service.access.context import AccessContext
from service.audit.record import Record
from service.journal.entries import EntryVersion, Filing, FilingState
from service.journal.rulings import Reason
from service.journal.worklist import Way, WorkItem
from service.store import entries, filings
from service.workflow import decide
from service.workflow.decide import Decision
from service.workflow.deliver_entry import deliver_next
from service.workflow.desk import Desk
from tests.front_desk import FrontDesk
from tests.people import Patient
from tests.workflow.contexts import as_clinician, as_patient
from tests.workflow.courses import course
from tests.workflow.remembered import log
from tests.world import CLINIC, World


def begin_at_once(someone: Patient) -> str:
    """Press "Write now"; the key of the draft."""
    page = someone.browser.read(someone.get())
    return someone.browser.press(page, "Write now").url.split("/")[6]


def capture(someone: Patient, words: dict[str, str], private: tuple[str, ...] = ()) -> str:
    """Write and send before any infusion is known; the key of the entry."""
    key = begin_at_once(someone)
    saved = someone.type(key, 1, words, private)
    assert saved.status_code == 200, saved.text
    assert someone.send(key, saved.json()["revision"]).status_code == 303
    return key


def id_of(world: World, key: str) -> str:
    return world.desk.entry_id(CLINIC, key)


def move(world: World, name: str, key: str, to: str | None, why: Reason = Reason.WRONG_VISIT) -> None:
    """A clinician with the chart open moves the entry, or takes it off every infusion."""
    decide.move_entry_to(world.desk, as_clinician(name), name, id_of(world, key), to, why)


def open_items(world: World, name: str) -> tuple[WorkItem, ...]:
    return course(world, name).overview.items


def item(world: World, name: str, way: Way) -> WorkItem:
    """The one open item that can be settled this way."""
    (found,) = [one for one in open_items(world, name) if way in one.ways]
    return found


def settle(
    world: World,
    name: str,
    way: Way,
    why: Reason = Reason.SEEN_IN_CHART,
    target: str | None = None,
    at: datetime | None = None,
    context: AccessContext | None = None,
) -> None:
    """Settle the one open item that can be settled this way."""
    chosen = Decision(item(world, name, way).id, way, why, target, at)
    decide.settle(world.desk, context or as_clinician(name), name, chosen)


def own_versions(world: World, name: str, key: str) -> list[EntryVersion]:
    """Every version as its patient reads it, the first one first."""
    return entries.versions_of(world.desk.store, as_patient(name), id_of(world, key))[::-1]


def owed_by(world: World, name: str) -> list[Filing]:
    return filings.of_patient(world.desk.store, as_clinician(name), name)


def states(world: World, name: str) -> list[tuple[int, str]]:
    """Each filing in the order it was owed: which version of its entry, and where it stands."""
    return [(one.entry_version, one.state.value) for one in owed_by(world, name)]


def deliver_for_days(world: World, name: str, days: float = 1, desk: Desk | None = None) -> None:
    """Deliver as time goes by, until nothing of this patient is due."""
    end = world.clock() + timedelta(days=days)
    while world.clock() < end:
        while deliver_next(desk or world.desk, CLINIC, "worker"):
            pass
        if all(one.state is not FilingState.DUE for one in owed_by(world, name)):
            return
        world.clock.pass_time(minutes=10)


def version_names(documents: list[dict[str, Any]]) -> list[str]:
    return [one["masterIdentifier"]["value"] for one in documents]


def encounters_of(document: dict[str, Any]) -> list[str]:
    return [
        one["reference"].removeprefix("Encounter/")
        for one in document.get("context", {}).get("encounter", [])
    ]


def current(world: World, name: str) -> list[dict[str, Any]]:
    return FrontDesk(world).documents(name, status="current")


def text_of(document: dict[str, Any]) -> str:
    """The words of a filed document's PDF."""
    return pdf_text(b64decode(document["content"][0]["attachment"]["data"]))


def pdf_text(pdf: bytes) -> str:
    """The words of a PDF, blanks joined."""
    return " ".join("".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def remembered(world: World, deed: str, name: str) -> list[Record]:
    """What the log says of these deeds about this patient, in order."""
    return [one for one in log(world) if one.deed == deed and one.patient == name]
