"""The log as a whole: tampering is found, and an export is checked apart from the database (product rule 26)."""

import io
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from service.audit.checkpoint import Inconsistent
from service.audit.checkpoint import verify as verify_note
from service.audit.record import Deed
from service.store import audit_trail
from service.workflow.audit_by_command import export_clinic, sign_clinic, verify_clinic, verify_export
from tests.people import app_of, clinician, officer, patient
from tests.workflow.remembered import log
from tests.world import CLINIC, OTHER, World

WORDS = "planted-words-shared"
QR = "QuestionnaireResponse"


# --- verify and export -----------------------------------------------------------------------------------------


def tamper(world: World, statement: str) -> None:
    """An insider with the database file: the trigger that forbids it is taken away first."""
    with world.desk.store.writer_engine.begin() as connection:
        names = connection.scalars(text("SELECT name FROM sqlite_master WHERE type='trigger'")).all()
        for name in names:
            connection.execute(text(f'DROP TRIGGER "{name}"'))
        connection.execute(text(statement))


TAMPERED = {
    "another person": "UPDATE audit_records SET record = replace(record, 'clinician-1', 'clinician-2')",
    "a record gone": "DELETE FROM audit_records WHERE leaf_index = 2",
    "the first gone": "DELETE FROM audit_records WHERE leaf_index = 0",
    "the last gone": "DELETE FROM audit_records WHERE leaf_index = (SELECT max(leaf_index) FROM audit_records)",
    "two exchanged": "UPDATE audit_records SET leaf_index = CASE leaf_index WHEN 1 THEN -1 ELSE leaf_index END",
    "another patient in the index": "UPDATE audit_records SET patient = 'patient-two-in'",
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_log_that_was_tampered_with_does_not_hold(world: World, name: str) -> None:
    patient(world)
    clinician(world)
    auditor = officer(world)
    assert "The log is whole" in auditor.post("verify").text
    assert verify_clinic(world.desk, CLINIC).ok

    tamper(world, TAMPERED[name])

    assert not verify_clinic(world.desk, CLINIC).ok
    page = auditor.post("verify")
    assert "The log does not hold" in page.text
    assert (Deed.VERIFY, "broken") in [(one.deed, one.reason) for one in log(world)[-3:]]


def exported(world: World) -> tuple[bytes, str]:
    out = io.BytesIO()
    told = export_clinic(world.desk, CLINIC, out, world.wiring.keyring.checkpoint)
    return out.getvalue(), told.note


def test_an_export_is_checked_offline_against_its_signed_note(world: World) -> None:
    patient(world).write("six-done-1", {"ai1.1": WORDS})

    raw, note = exported(world)
    _, key = sign_clinic(world.desk, CLINIC, world.wiring.keyring.checkpoint)

    lines = raw.splitlines(keepends=True)
    verdict = verify_export(lines, verify_note(note, key))
    assert verdict.ok
    assert verdict.size == verdict.anchored == len(lines)
    assert all(json.loads(line)["resourceType"] == "AuditEvent" for line in lines)
    assert json.loads(lines[-1])["subtype"]
    assert WORDS.encode() not in raw


class Interrupted(io.BytesIO):
    """A file at whose first line somebody else does something."""

    def __init__(self, deed: Callable[[], object]) -> None:
        super().__init__()
        self._deed: Callable[[], object] | None = deed

    def write(self, line: Any) -> int:
        deed, self._deed = self._deed, None
        if deed is not None:
            deed()
        return super().write(line)


def test_of_two_exports_at_once_each_has_the_note_of_what_it_wrote(world: World) -> None:
    """The one that began first ends last: a larger log is signed when its own note is made (F58)."""
    patient(world)
    exported(world)
    others: list[tuple[bytes, str]] = []
    slow = Interrupted(lambda: others.append(exported(world)))
    told = export_clinic(world.desk, CLINIC, slow, world.wiring.keyring.checkpoint)
    _, key = sign_clinic(world.desk, CLINIC, world.wiring.keyring.checkpoint)
    for raw, note in ((slow.getvalue(), told.note), *others):
        signed = verify_note(note, key)
        verdict = verify_export(io.BytesIO(raw), signed)
        assert (verdict.ok, verdict.anchored) == (True, len(raw.splitlines()))
    assert len(others[0][0].splitlines()) == len(slow.getvalue().splitlines()) + 1


def test_two_that_sign_for_as_many_records_give_the_same_note(world: World) -> None:
    """Another process keeps its note between our look and our writing."""
    patient(world)
    others: list[str] = []

    def now() -> datetime:
        if not others:
            others.append("")
            others[0] = sign_clinic(world.desk, CLINIC, world.wiring.keyring.checkpoint)[0]
        return world.clock()

    note, _ = sign_clinic(replace(world.desk, now=now), CLINIC, world.wiring.keyring.checkpoint)
    assert note == others[0]


@pytest.mark.parametrize(
    "cut", ["DELETE FROM audit_records WHERE leaf_index = 1", "UPDATE audit_heads SET size = 1, edge = x'{}'"]
)
def test_a_log_that_lost_what_was_signed_is_not_signed_anew(world: World, cut: str) -> None:
    """D-16: the tail is gone, or a record within; the head says what an insider made it say."""
    auditor = officer(world)
    exported(world)
    first = audit_trail.records(world.desk.store, CLINIC)[0]
    tamper(world, cut.format(first.leaf_hash().hex()))
    if "DELETE" in cut:
        auditor.get("")
    else:
        tamper(world, "DELETE FROM audit_records WHERE leaf_index > 0")
    with pytest.raises(Inconsistent):
        sign_clinic(world.desk, CLINIC, world.wiring.keyring.checkpoint)


def test_an_export_that_lacks_its_tail_or_was_altered_does_not_hold(world: World) -> None:
    patient(world)
    raw, note = exported(world)
    _, key = sign_clinic(world.desk, CLINIC, world.wiring.keyring.checkpoint)
    signed = verify_note(note, key)
    lines = raw.splitlines(keepends=True)

    assert not verify_export(lines[:-1], signed).ok
    assert not verify_export(lines[1:], signed).ok
    assert not verify_export([lines[1], lines[0], *lines[2:]], signed).ok
    forged = [line.replace(b"patient-six-done", b"patient-two-in") for line in lines]
    assert not verify_export(forged, signed).ok
    # What our own hand would have written otherwise, be it a blank, is not even taken for an export of ours.
    with pytest.raises(ValueError, match="another hand"):
        verify_export([line.replace(b":", b": ", 1) for line in lines], signed)


def test_the_officers_own_export_holds_too_and_is_filtered_as_the_page(world: World) -> None:
    patient(world)
    patient(world, "patient-two-in")
    auditor = officer(world)

    everything = auditor.get("export.ndjson").content.splitlines()
    some = auditor.get("export.ndjson?patient=patient-two-in&deed=read").content.splitlines()

    assert verify_export(everything).ok
    assert some
    assert all(b"patient-two-in" in line and b"patient-six-done" not in line for line in some)


def test_every_clinic_has_a_log_of_its_own(world: World) -> None:
    patient(world)
    before = len(log(world))
    patient(world, clinic=OTHER)

    assert len(log(world)) == before
    assert {one.clinic for one in log(world, OTHER)} == {OTHER}
    assert verify_clinic(world.desk, OTHER).ok


def test_the_log_grows_under_many_at_once_without_gap(world: World) -> None:
    from concurrent.futures import ThreadPoolExecutor

    app = app_of(world)
    app.get(QR)
    before = len(log(world))

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: app.get(QR).status_code, range(40)))

    assert set(answers) == {200}
    assert len(log(world)) == before + 40
    assert verify_clinic(world.desk, CLINIC).ok
