"""A patient's visits with what stands beside them, where the clinic's rule looks at it (rules 7 to 10)."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from service.ehr.encounters import encounters_if_changed, encounters_of, episodes_of
from service.ehr.problems import RecordSystemProblem, Refused, Unreachable, Unreadable
from service.journal.match import Coding, MatchRule, Proof, Why
from tests.ehr.hostile_records import bundle, ok
from tests.ehr.shown_records import (
    BY_APPOINTMENT,
    BY_PROOF,
    BY_TYPE,
    ROUTINE,
    ZONE,
    encounter,
    paths,
    showing,
)

GIVEN = Coding("http://clinic.example/procedures", "given")


def _appointment(id_: str, *codes: Coding, **more: Any) -> dict[str, Any]:
    coded = [{"system": one.system, "code": one.code} for one in codes]
    actors = [{"actor": {"reference": "Patient/pat-1"}, "status": "accepted"}]
    return {
        "resourceType": "Appointment",
        "id": id_,
        "appointmentType": {"coding": coded},
        "participant": actors,
        **more,
    }


def _procedure(id_: str, of: str | None = "e-1", patient: str = "pat-1", **more: Any) -> dict[str, Any]:
    visit = {"encounter": {"reference": f"Encounter/{of}"}} if of else {}
    return {
        "resourceType": "Procedure",
        "id": id_,
        "status": "completed",
        "code": {"coding": [{"system": GIVEN.system, "code": GIVEN.code}]},
        "subject": {"reference": f"Patient/{patient}"},
        **visit,
        **more,
    }


def _episode(id_: str, patient: str = "pat-1", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "EpisodeOfCare",
        "id": id_,
        "status": "active",
        "patient": {"reference": f"Patient/{patient}"},
        **more,
    }


class TestTheVisitsAlone:
    def test_a_rule_by_type_asks_for_visits_and_nothing_else(self) -> None:
        records = showing(encounter("e-2"), encounter("e-1"), encounter("e-9", "pat-2"), _procedure("p"))
        seen = encounters_of(records.client(), "pat-1", BY_TYPE)
        assert [one.id for one in seen] == ["e-1", "e-2"]
        assert paths(records) == ["/Encounter"]

    def test_where_there_are_no_visits_nothing_else_is_asked(self) -> None:
        records = showing(_procedure("p"), _appointment("a"))
        assert encounters_of(records.client(), "pat-1", BY_PROOF) == ()
        assert paths(records) == ["/Encounter"]

    def test_since_a_day_is_asked_by_date_and_not_otherwise(self) -> None:
        records = showing(encounter("e-1"))
        encounters_of(records.client(), "pat-1", BY_TYPE, since=date(2026, 11, 20))
        encounters_of(records.client(), "pat-1", BY_TYPE)
        assert [ask.query.get("date") for ask in records.asked] == ["ge2026-11-20", None]


class TestAppointments:
    def test_a_visit_has_the_types_of_its_own_appointments(self) -> None:
        own: dict[str, Any] = {
            "appointment": [{"reference": "Appointment/a-1"}, {"reference": "Appointment/gone"}]
        }
        absolute: dict[str, Any] = {
            "appointment": [{"reference": "https://ehr.example/fhir/Appointment/a-2"}]
        }
        other = Coding("http://clinic.example/appointments", "FOLLOWUP")
        records = showing(
            encounter("e-1", **own),
            encounter("e-2", **absolute),
            encounter("e-3"),
            _appointment("a-1", ROUTINE, ROUTINE),
            _appointment("a-2", other),
            _appointment("a-3", ROUTINE),
            {"resourceType": "Appointment", "participant": "Patient/pat-1", "id": 7},
        )
        seen = encounters_of(records.client(), "pat-1", BY_APPOINTMENT)
        assert [one.appointment_types for one in seen] == [(ROUTINE,), (other,), ()]
        assert [BY_APPOINTMENT.judge(one) for one in seen] == [
            Why.COUNTS,
            Why.APPOINTMENT_TYPE,
            Why.APPOINTMENT_TYPE,
        ]
        assert paths(records) == ["/Encounter", "/Appointment"]

    @pytest.mark.parametrize("status", [400, 403, 404, 405])
    def test_appointments_that_are_not_for_us_are_like_none(self, status: int) -> None:
        records = showing(encounter("e-1"), refuses={"Appointment": status})
        [seen] = encounters_of(records.client(), "pat-1", BY_APPOINTMENT)
        assert seen.appointment_types == ()

    @pytest.mark.parametrize("status", [401, 429, 500, 503])
    def test_a_record_system_in_trouble_is_no_word_on_appointments(self, status: int) -> None:
        """Else every visit would stop counting while it lasts."""
        records = showing(encounter("e-1"), refuses={"Appointment": status})
        with pytest.raises(RecordSystemProblem):
            encounters_of(records.client(), "pat-1", BY_APPOINTMENT)


class TestProofs:
    def test_a_visit_has_its_own_proofs_in_order(self) -> None:
        records = showing(
            encounter("e-1"),
            encounter("e-2"),
            _procedure("p-2"),
            _procedure("p-1", status="not-done"),
            _procedure("p-2"),
            _procedure("p-3", of=None),
            _procedure("p-4", of="elsewhere"),
            {"resourceType": "Procedure", "id": "p-5", "note": "Patient/pat-1"},
        )
        seen = encounters_of(records.client(), "pat-1", BY_PROOF)
        assert seen[0].proofs == (
            Proof("Procedure", "p-1", "not-done", (GIVEN,)),
            Proof("Procedure", "p-2", "completed", (GIVEN,)),
        )
        assert seen[1].proofs == ()
        assert [BY_PROOF.judge(one) for one in seen] == [Why.COUNTS, Why.NO_PROOF]

    def test_a_medicine_that_was_given_proves_it_too(self) -> None:
        administered = {
            "resourceType": "MedicationAdministration",
            "id": "m-1",
            "status": "completed",
            "subject": {"reference": "Patient/pat-1"},
            "context": {"reference": "Encounter/e-1"},
        }
        rule = MatchRule("7", ZONE, types=BY_TYPE.types, proof="MedicationAdministration")
        records = showing(encounter("e-1"), administered)
        [seen] = encounters_of(records.client(), "pat-1", rule)
        assert rule.counts(seen)

    @pytest.mark.parametrize("status", [400, 403, 404])
    def test_proofs_that_may_not_be_read_are_a_failure(self, status: int) -> None:
        """A clinic that asks for a proof must be able to read it: else all its infusions would vanish."""
        records = showing(encounter("e-1"), refuses={"Procedure": status})
        with pytest.raises(Refused):
            encounters_of(records.client(), "pat-1", BY_PROOF)

    def test_another_patients_proof_spoils_the_answer(self) -> None:
        records = showing(encounter("e-1"))
        shown = records.before
        stray = ok(bundle(_procedure("p", patient="pat-2")))
        records.before = lambda ask: stray if ask.path == "/Procedure" else shown(ask)
        with pytest.raises(Unreadable, match="another-patient"):
            encounters_of(records.client(), "pat-1", BY_PROOF)


class TestUnchanged:
    def test_what_did_not_change_is_not_sent_again(self) -> None:
        record = showing(encounter("e-1"), tags=True).client()
        seen, tag = encounters_if_changed(record, "pat-1", BY_TYPE, None)
        assert seen is not None
        assert [one.id for one in seen] == ["e-1"]
        assert tag is not None
        assert encounters_if_changed(record, "pat-1", BY_TYPE, tag) == (None, tag)

    def test_what_changed_is_read_anew(self) -> None:
        _, old = encounters_if_changed(showing(encounter("e-1"), tags=True).client(), "pat-1", BY_TYPE, None)
        record = showing(encounter("e-1"), encounter("e-2"), tags=True).client()
        seen, new = encounters_if_changed(record, "pat-1", BY_TYPE, old)
        assert seen is not None
        assert len(seen) == 2
        assert new not in (None, old)

    @pytest.mark.parametrize("rule", [BY_PROOF, BY_APPOINTMENT])
    def test_a_rule_that_looks_beside_the_visits_never_skips(self, rule: MatchRule) -> None:
        """Their ETag says nothing about what stands there: a proof can come days later."""
        records = showing(encounter("e-1"), tags=True)
        _, tag = encounters_if_changed(records.client(), "pat-1", BY_TYPE, None)
        seen, now = encounters_if_changed(records.client(), "pat-1", rule, tag)
        assert seen is not None
        assert now is None
        assert all("HTTP_IF_NONE_MATCH" not in ask.headers for ask in records.asked)

    def test_a_record_system_without_etags_is_read_each_time(self) -> None:
        record = showing(encounter("e-1")).client()
        seen, tag = encounters_if_changed(record, "pat-1", BY_TYPE, None)
        assert (seen is not None, tag) == (True, None)


class TestEpisodes:
    def test_each_episode_once_in_the_clinics_zone(self) -> None:
        ends: dict[str, Any] = {"period": {"end": "2026-11-20"}}
        spoiled = {"resourceType": "EpisodeOfCare", "id": "x", "note": "Patient/pat-1"}
        records = showing(_episode("c-2", **ends), _episode("c-1"), _episode("c-1"), spoiled)
        seen = episodes_of(records.client(), "pat-1", ZONE)
        assert [one.id for one in seen] == ["c-1", "c-2"]
        assert seen[1].end == datetime(2026, 11, 21, 7, 59, 59, 999_999, tzinfo=UTC)

    def test_another_patients_episode_spoils_the_answer(self) -> None:
        records = showing()
        records.before = lambda ask: ok(bundle(_episode("c-1"), _episode("c-2", "pat-2")))
        with pytest.raises(Unreadable, match="another-patient"):
            episodes_of(records.client(), "pat-1", ZONE)

    def test_a_silent_record_system_has_no_episodes_to_tell_of(self) -> None:
        with pytest.raises(Unreachable):
            episodes_of(showing(refuses={"EpisodeOfCare": 503}).client(), "pat-1", ZONE)
