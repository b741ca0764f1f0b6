"""Sent, filed, found: the three sides read from a real database and a real record system."""

import httpx2

from service.audit.record import Deed
from service.ehr.write_back import strike_document
from service.journal.entries import FilingState
from service.journal.reconciling import Difference
from service.store import deeds
from service.workflow.reconcile import reconcile
from tests.workflow.deciding import remembered
from tests.workflow.filing import NAME, owed, sent, until_quiet
from tests.world import CLINIC, World


def differences(world: World) -> list[Difference | None]:
    return [line.difference for line in reconcile(world.desk, CLINIC)]


def test_what_was_filed_is_found(world: World) -> None:
    sent(world, 1)
    assert differences(world) == [Difference.UNDER_WAY]
    until_quiet(world)
    (line,) = reconcile(world.desk, CLINIC)
    assert (line.filed, line.found, line.difference) == (
        FilingState.FILED,
        (owed(world)[0].document_id,),
        None,
    )


def test_what_somebody_struck_there_is_told(world: World) -> None:
    sent(world, 1)
    until_quiet(world)
    filed = owed(world)[0]
    strike_document(world.desk.clinic(CLINIC).for_delivery, filed.document_id or "", filed.version_identifier)
    assert differences(world) == [Difference.STRUCK]


def test_what_is_filed_here_alone_is_missing_there(world: World) -> None:
    sent(world, 1)
    settled = deeds.SettleFiling(owed(world)[0].id, FilingState.FILED, None, "lost-there", world.clock())
    world.desk.writer.perform(deeds.Deed(CLINIC, changes=(settled,)))
    assert differences(world) == [Difference.MISSING]


def test_a_silent_record_system_is_told_as_not_searched(world: World) -> None:
    sent(world, 1)
    until_quiet(world)

    def silent(_request: httpx2.Request, _carry: object) -> httpx2.Response:
        raise httpx2.ConnectError("on the wire")

    world.net.meddler = silent
    told = list(reconcile(world.desk, CLINIC))
    assert {line.difference for line in told} == {Difference.NOT_SEARCHED}
    assert {bool(line.entry_id) for line in told} == {True, False}  # of what we know, and of what we do not


def test_each_look_is_remembered_with_its_patient(world: World) -> None:
    sent(world, 1)
    until_quiet(world)
    differences(world)
    looks = [one for one in remembered(world, Deed.SEARCH, NAME) if one.reason == "reconciled"]
    assert [(one.what or "").partition("/")[0] for one in looks] == [
        "QuestionnaireResponse",
        "DocumentReference",
    ]
