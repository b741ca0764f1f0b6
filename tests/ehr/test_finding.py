"""How new infusions can be found, by the record system's own word; and the asking for what changed."""

from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from service.ehr.finding import FindingWay, changed_since, patient_changed, way_to_find
from service.ehr.problems import Refused, Unreachable, Unreadable
from service.sandbox.records.capability import capability_statement
from service.sandbox.records.habits import Habits
from service.sandbox.records.store import Records
from tests.ehr.hostile_records import HostileRecords, bundle, ok
from tests.ehr.shown_records import encounter, showing

SINCE = datetime(2026, 11, 20, 20, 0, 0, 900_000, tzinfo=UTC)


def _resource(type_: str, *interactions: str, by: tuple[str, ...] = (), **more: Any) -> dict[str, Any]:
    return {
        "type": type_,
        "interaction": [{"code": code} for code in interactions],
        "searchParam": [{"name": name, "type": "token"} for name in by],
        **more,
    }


def _statement(*resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    rest = [{"mode": "server", "resource": list(resources), **more}]
    return {"resourceType": "CapabilityStatement", "rest": rest}


def test_a_record_system_that_offers_everything() -> None:
    statement = _statement(
        _resource("Encounter", "read", "search-type", by=("_lastUpdated", "patient", "date")),
        _resource("Appointment", "search-type", by=("patient",)),
        _resource("Procedure", "search-type", by=("patient",)),
        _resource("MedicationAdministration", "search-type", by=("patient",)),
        _resource("EpisodeOfCare", "search-type", by=("patient",)),
        _resource("Patient", "read", "search-type", by=("_id",)),
        _resource("Task", "create", "update", "search-type", by=("identifier",)),
        _resource("Subscription", "create"),
        _resource(
            "DocumentReference", "create", "update", "search-type", by=("identifier",), conditionalCreate=True
        ),
    )
    way = way_to_find(statement)
    assert way == FindingWay(**dict.fromkeys(FindingWay.__dataclass_fields__, True))


@pytest.mark.parametrize(
    "statement",
    [
        {},
        {"rest": "server"},
        {"rest": [None, 7, {"mode": "server", "resource": "Encounter"}]},
        _statement({"type": "Encounter", "interaction": ["search-type"], "searchParam": ["patient"]}),
        _statement({"type": ["Encounter"], "interaction": 7}),
        _statement(_resource("Encounter", "read", by=("patient", "date", "_lastUpdated"))),
        {"rest": [{"mode": "client", "resource": [_resource("Encounter", "search-type", by=("patient",))]}]},
        _statement(_resource("Task", "create", "search-type", by=("identifier",))),
        _statement(_resource("Task", "create", "update", "search-type", by=("patient",))),
        _statement(_resource("DocumentReference", "read", conditionalCreate=True)),
    ],
)
def test_what_is_not_said_clearly_is_not_offered(statement: dict[str, Any]) -> None:
    assert way_to_find(statement) == FindingWay()


def test_documents_that_are_created_only_are_not_found_nor_created_on_a_condition() -> None:
    """Most that record systems offer (rung D); a condition said in another shape than R4's counts as none."""
    statement = _statement(_resource("DocumentReference", "create", conditionalCreate="true"))
    assert way_to_find(statement) == FindingWay(documents=True)


def test_each_way_by_itself() -> None:
    by_patient = way_to_find(_statement(_resource("Encounter", "search-type", by=("patient",))))
    assert (by_patient.by_patient, by_patient.by_patient_and_date) == (True, False)
    dated = way_to_find(_statement(_resource("Encounter", "search-type", by=("patient", "date"))))
    assert (dated.by_patient_and_date, dated.by_last_updated) == (True, False)


def test_a_parameter_may_be_declared_for_all_types_at_once() -> None:
    everywhere = [{"name": "_lastUpdated", "type": "date"}]
    statement = _statement(_resource("Encounter", "search-type"), searchParam=everywhere)
    assert way_to_find(statement).by_last_updated


def test_the_sandbox_can_be_asked_for_what_changed(tmp_path: Path) -> None:
    records = Records(tmp_path / "records.sqlite", lambda: SINCE)
    way = way_to_find(capability_statement("http://localhost:8090/fhir", Habits(records)))
    records.close()
    assert way == FindingWay(**dict.fromkeys(FindingWay.__dataclass_fields__, True))


class TestChangedSince:
    def test_every_visit_that_changed_with_its_version(self) -> None:
        spoiled = {"resourceType": "Encounter", "id": "e-3"}
        odd = encounter("e-4", "../pat")
        records = showing(encounter("e-1"), encounter("e-2", "pat-2", meta={}), spoiled, odd, page=2)
        assert list(changed_since(records.client(), SINCE)) == [
            ("pat-1", "e-1", "2"),
            ("pat-2", "e-2", None),
        ]

    @pytest.mark.parametrize("since", [SINCE, SINCE.astimezone(timezone(timedelta(hours=-8)))])
    def test_the_instant_is_asked_in_utc_and_never_later_than_it_was(self, since: datetime) -> None:
        records = showing()
        assert list(changed_since(records.client(), since)) == []
        [ask] = records.asked
        assert ask.query == {"_lastUpdated": "ge2026-11-20T20:00:00Z", "_count": "100"}

    def test_an_instant_without_a_zone_is_refused(self) -> None:
        with pytest.raises(ValueError, match="zone"):
            list(changed_since(showing().client(), datetime(2026, 1, 1)))  # noqa: DTZ001 - the very thing refused

    def test_a_whole_clinic_may_be_more_than_one_patient(self) -> None:
        """A search for one patient ends at 5000; a record system may well touch more in a night."""
        visits = [encounter(f"e-{at}", f"p-{at}") for at in range(6000)]
        record = showing(*visits).client()
        assert sum(1 for _ in changed_since(record, SINCE)) == 6000
        with pytest.raises(Unreadable, match="too-many"):
            list(record.search("Encounter", {}))

    def test_a_refusal_comes_through(self) -> None:
        with pytest.raises(Refused):
            list(changed_since(showing(refuses={"Encounter": 403}).client(), SINCE))


class TestOnePatient:
    def test_the_same_etag_means_nothing_new(self) -> None:
        record = showing(encounter("e-1"), tags=True).client()
        changed, tag = patient_changed(record, "pat-1", None)
        assert changed
        assert tag is not None
        assert patient_changed(record, "pat-1", tag) == (False, tag)

    def test_a_new_visit_is_seen(self) -> None:
        _, tag = patient_changed(showing(encounter("e-1"), tags=True).client(), "pat-1", None)
        later = showing(encounter("e-1"), encounter("e-2"), tags=True).client()
        changed, now = patient_changed(later, "pat-1", tag)
        assert changed
        assert now != tag

    def test_an_etag_of_the_first_page_alone_is_no_etag(self) -> None:
        """A change on the second page would never be seen."""
        record = showing(*(encounter(f"e-{at}") for at in range(3)), tags=True, page=2).client()
        assert patient_changed(record, "pat-1", None) == (True, None)

    @pytest.mark.parametrize("tag", ["", "plain", '"a"b"', '""', 'W/"' + "a" * 300 + '"', '"a b"', 'X/"a"'])
    def test_what_is_no_etag_is_never_sent_back(self, tag: str) -> None:
        status, headers, body = ok(bundle(encounter("e-1")))
        records = HostileRecords(before=lambda ask: (status, headers | {"ETag": tag}, body))
        assert patient_changed(records.client(), "pat-1", None) == (True, None)

    def test_unchanged_without_having_been_asked_is_no_answer(self) -> None:
        records = HostileRecords(before=lambda ask: (304, {"ETag": '"1"'}, b""))
        with pytest.raises(Unreachable, match="status-304"):
            patient_changed(records.client(), "pat-1", None)
        assert len(records.asked) == 1
