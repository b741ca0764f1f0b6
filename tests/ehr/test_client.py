"""Reading and writing one record system whatever it answers (threat T41; faults F13, F20 to F22)."""

import gzip
import json
from typing import Any

import pytest

from service.ehr.client import RecordSystem
from service.ehr.encounters import encounters_of, episodes_of, patient_of, patients_named
from service.ehr.problems import Ambiguous, RateLimited, Refused, Unreachable, Unreadable
from tests.ehr.hostile_records import BASE, Answer, Ask, HostileRecords, bundle, ok, outcome
from tests.ehr.shown_records import BY_TYPE


def _answering(answer: Answer) -> HostileRecords:
    return HostileRecords(before=lambda ask: answer)


def _encounter(id_: str, patient: str = "pat-1") -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": id_,
        "status": "finished",
        "subject": {"reference": f"Patient/{patient}"},
    }


HOSTILE_IDS = (
    "",
    ".",
    "..",
    "../Binary/1",
    "a/b",
    "a?b",
    "a#b",
    "a b",
    "a\r\nX: y",
    "a%2fb",
    "é",
    "a" * 65,
    "a\x00",
    "$everything",
    "_history",
)


@pytest.mark.parametrize("id_", HOSTILE_IDS)
def test_no_address_is_built_from_a_hostile_id(id_: str) -> None:
    """T41: the id grammar is checked before anything is sent."""
    records = HostileRecords()
    record = records.client()
    for call in (
        lambda: record.read("Encounter", id_),
        lambda: record.update("Encounter", id_, b"{}"),
        lambda: encounters_of(record, id_, BY_TYPE),
        lambda: episodes_of(record, id_, "UTC"),
        lambda: patients_named(record, ["pat-1", id_]),
    ):
        with pytest.raises(ValueError, match="id"):
            call()
    for type_ in ("encounter", "Encounter/", "../Binary", "", "Encounter?x"):
        with pytest.raises(ValueError, match="type"):
            record.read(type_, "1")
    assert records.asked == []


class TestReading:
    def test_a_resource_is_read_with_the_token(self) -> None:
        records = _answering(ok(_encounter("e-1")))
        assert records.client().read("Encounter", "e-1") == _encounter("e-1")
        assert records.asked[0].headers["HTTP_AUTHORIZATION"] == "Bearer token-1"
        assert records.asked[0].headers["HTTP_ACCEPT"] == "application/fhir+json"

    def test_a_look_asks_for_what_is_there_now(self) -> None:
        """F25: a server that repeats what a search found a minute ago would hide what we have just written."""
        records = _answering(ok(bundle(_encounter("e-1"))))
        list(records.client().search("Encounter", {"patient": "pat-1"}))
        records.client().search_if_changed("Encounter", {"patient": "pat-1"}, 'W/"7"')
        assert [ask.headers["HTTP_CACHE_CONTROL"] for ask in records.asked] == ["no-cache", "no-cache"]
        assert records.asked[1].headers["HTTP_IF_NONE_MATCH"] == 'W/"7"'

    @pytest.mark.parametrize("status", [404, 410])
    def test_what_is_not_there_is_none(self, status: int) -> None:
        assert _answering((status, {}, b"")).client().read("Encounter", "e-1") is None

    @pytest.mark.parametrize(
        "answer",
        [
            ok(_encounter("e-2")),
            ok({**_encounter("e-1"), "resourceType": "Patient"}),
            ok({"id": "e-1"}),
            ok([_encounter("e-1")]),
            (200, {}, b"<html>sign in</html>"),
            (200, {}, b""),
            (200, {}, json.dumps(_encounter("e-1"))[:-1].encode() + b', "id": "e-1"}'),
            (200, {}, b'{"id": NaN}'),
            (200, {"Content-Encoding": "gzip"}, gzip.compress(b" " * 40_000_000)),
            (200, {"Content-Encoding": "br"}, b"x"),
        ],
        ids=["id", "type", "no type", "list", "html", "empty", "twice", "NaN", "bomb", "brotli"],
    )
    def test_an_answer_about_something_else_is_not_used(self, answer: Answer) -> None:
        """F21, F22."""
        with pytest.raises(Unreadable):
            _answering(answer).client().read("Encounter", "e-1")

    @pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 301, 302, 303, 307, 308])
    def test_a_failing_server_and_a_redirect_are_unreachable(self, status: int) -> None:
        """F20: one request; the redirect's target is never called, by any host, scheme or loop."""
        records = _answering((status, {"Location": "https://evil.example/fhir/Encounter/e-1"}, b""))
        with pytest.raises(Unreachable):
            records.client().read("Encounter", "e-1")
        assert len(records.asked) == 1

    def test_a_refusal_keeps_codes_and_paths_and_no_words(self) -> None:
        """C3: diagnostics may hold anything, a patient's words too."""
        body = outcome(
            "forbidden",
            "Marker words",
            diagnostics="marker-77",
            details={"text": "marker-77"},
            expression=["Encounter.subject", "marker 77 <b>"],
        )
        with pytest.raises(Refused) as caught:
            _answering((403, {}, body)).client().read("Encounter", "e-1")
        assert caught.value.status == 403
        assert caught.value.codes == ("forbidden",)
        assert caught.value.expressions == ("Encounter.subject",)
        assert "arker" not in str(caught.value)

    def test_too_many_requests_say_how_long(self) -> None:
        with pytest.raises(RateLimited) as caught:
            _answering((429, {"Retry-After": "17"}, b"")).client().read("Encounter", "e-1")
        assert caught.value.retry_after == "17"


class TestToken:
    """F13: a 401 renews once, and never loops."""

    def _record(self, records: HostileRecords, tokens: list[str]) -> RecordSystem:
        return records.client(
            token=lambda: tokens[0], renew=lambda token: tokens.remove(token) if len(tokens) > 1 else None
        )

    def test_a_refused_token_is_renewed_once(self) -> None:
        records = HostileRecords(good_token="new")
        assert self._record(records, ["old", "new"]).read("DocumentReference", "1") is None
        assert len(records.asked) == 2

    def test_a_write_is_repeated_after_401_alone(self) -> None:
        """A 401 means that nothing was processed."""
        records = HostileRecords(good_token="new")
        self._record(records, ["old", "new"]).create("DocumentReference", b'{"resourceType":"X"}')
        assert len(records.ledger) == 1

    @pytest.mark.parametrize(("tokens", "calls"), [(("old", "older", "oldest"), 2), (("old",), 1)])
    def test_a_second_401_is_the_answer(self, tokens: tuple[str, ...], calls: int) -> None:
        """Nor is the same token shown twice."""
        records = HostileRecords(good_token="none of these")
        with pytest.raises(Refused) as caught:
            self._record(records, list(tokens)).read("DocumentReference", "1")
        assert caught.value.status == 401
        assert len(records.asked) == calls


class TestSearching:
    def test_every_page_is_read_in_order(self) -> None:
        """Absolute and relative links, and the base itself with a query, as some servers page."""
        pages = {
            "": bundle(_encounter("e-1"), next_=f"{BASE}/Encounter?page=2"),
            "2": bundle(_encounter("e-2"), next_="Encounter?page=3"),
            "3": bundle(_encounter("e-3"), next_="/fhir?page=4"),
            "4": bundle(_encounter("e-4")),
        }
        records = HostileRecords(before=lambda ask: ok(pages[ask.query.get("page", "")]))
        found = list(records.client().search("Encounter", {"patient": "pat-1"}))
        assert [one["id"] for one in found] == ["e-1", "e-2", "e-3", "e-4"]

    @pytest.mark.parametrize(
        "link",
        [
            "https://evil.example/fhir/Encounter?page=2",
            "http://ehr.example/fhir/Encounter?page=2",
            "https://ehr.example:8443/fhir/Encounter",
            "https://ehr.example/other/Encounter",
            "https://ehr.example/fhirs/Encounter",
            "https://ehr.example/fhir/../admin",
            "https://ehr.example/fhir/%2e%2e/admin",
            "//evil.example/fhir/Encounter",
            "https://user@ehr.example/fhir/Encounter",
            "https://ehr.example\\@evil.example/fhir",
            "file:///etc/passwd",
            "javascript:1",
            "",
            7,
            ["https://ehr.example/fhir/Encounter?page=2"],
        ],
    )
    def test_a_link_that_leads_out_is_not_followed(self, link: object) -> None:
        """T41: one request, and the token went nowhere else."""
        records = _answering(ok(bundle(_encounter("e-1"), next_=link)))
        with pytest.raises(Unreadable, match="outside-the-base"):
            list(records.client().search("Encounter", {"patient": "pat-1"}))
        assert len(records.asked) == 1

    def test_pages_without_end_end(self) -> None:
        """A loop at its first repetition, an endless row at a hundred pages."""
        looping = _answering(ok(bundle(next_=f"{BASE}/Encounter?page=2")))
        with pytest.raises(Unreadable, match="endless"):
            list(looping.client().search("Encounter", {}))
        assert len(looping.asked) == 2
        endless = HostileRecords()
        endless.before = lambda ask: ok(bundle(next_=f"{BASE}/Encounter?page={len(endless.asked)}"))
        with pytest.raises(Unreadable, match="endless"):
            list(endless.client().search("Encounter", {}))
        assert len(endless.asked) == 100

    @pytest.mark.parametrize(
        "value",
        [
            {"resourceType": "OperationOutcome"},
            {"resourceType": "Bundle", "entry": "x", "link": "y"},
            {"resourceType": "Bundle", "entry": [None, 7, {}, {"resource": "x"}], "link": [None, 7]},
        ],
    )
    def test_odd_bundles_give_nothing_or_are_refused(self, value: Any) -> None:
        record = _answering(ok(value)).client()
        if value["resourceType"] == "Bundle":
            assert list(record.search("Encounter", {})) == []
        else:
            with pytest.raises(Unreadable):
                list(record.search("Encounter", {}))

    def test_other_types_in_a_bundle_are_passed_over(self) -> None:
        other = {"resourceType": "OperationOutcome", "id": "x"}
        found = _answering(ok(bundle(other, _encounter("e-1")))).client().search("Encounter", {})
        assert [one["id"] for one in found] == ["e-1"]


class TestVisits:
    def test_another_patients_visit_spoils_the_answer(self) -> None:
        """T7, F21: a record system that mixes patients up is not believed in part."""
        records = _answering(ok(bundle(_encounter("e-1"), _encounter("e-2", "pat-2"))))
        with pytest.raises(Unreadable, match="another-patient"):
            encounters_of(records.client(), "pat-1", BY_TYPE)

    def test_a_visit_comes_once_and_malformed_ones_are_passed_over(self) -> None:
        """F25: pages may overlap and come in any order."""
        odd = [{"resourceType": "Encounter"}, {"resourceType": "Encounter", "id": 7}]
        resources = [_encounter("e-2"), _encounter("e-1"), _encounter("e-2"), *odd]
        visits = encounters_of(_answering(ok(bundle(*resources))).client(), "pat-1", BY_TYPE)
        assert [visit.id for visit in visits] == ["e-1", "e-2"]

    def test_a_patient_who_is_none(self) -> None:
        assert patient_of(_answering((404, {}, b"")).client(), "pat-1") is None


class TestWriting:
    def _create(self, answer: Answer) -> Any:
        return _answering(answer).client().create("DocumentReference", b"{}")

    @pytest.mark.parametrize(
        "location",
        [
            f"{BASE}/DocumentReference/d-1/_history/3",
            f"{BASE}/DocumentReference/d-1",
            "DocumentReference/d-1/_history/3",
            "/fhir/DocumentReference/d-1",
        ],
    )
    def test_the_id_is_proven_by_the_address(self, location: str) -> None:
        """E-03: absolute or relative."""
        written = self._create((201, {"Location": location}, b""))
        assert written.id == "d-1"
        assert written.version == ("3" if "_history" in location else None)

    @pytest.mark.parametrize(
        "location",
        [
            "https://evil.example/fhir/DocumentReference/d-1",
            f"{BASE}/Binary/d-1",
            f"{BASE}/DocumentReference/",
            f"{BASE}/DocumentReference/../Binary/d-1",
            f"{BASE}/DocumentReference/d-1/extra",
            f"{BASE}/DocumentReference/{'d' * 65}",
            f"{BASE}/DocumentReference/d-1?x",
            "d-1",
            "",
        ],
    )
    def test_an_address_elsewhere_proves_nothing(self, location: str) -> None:
        """T41: a Location that points elsewhere is no id of ours."""
        assert self._create((201, {"Location": location}, b"")).id is None

    def test_address_and_body_must_agree(self) -> None:
        body = json.dumps({"resourceType": "DocumentReference", "id": "d-2"}).encode()
        assert self._create((201, {"Location": f"{BASE}/DocumentReference/d-1"}, body)).id is None
        assert self._create((201, {}, body)).id == "d-2"

    @pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 301, 302, 303, 307, 308])
    def test_a_failure_after_sending_is_ambiguous(self, status: int) -> None:
        """C3, F20: also a redirect, which is never followed with the document in hand."""
        with pytest.raises(Ambiguous):
            self._create((status, {"Location": "https://evil.example/"}, b""))

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 406, 409, 410, 412, 413, 415, 422])
    def test_a_no_is_a_no(self, status: int) -> None:
        with pytest.raises(Refused) as caught:
            self._create((status, {}, outcome("invalid")))
        assert (caught.value.status, caught.value.codes) == (status, ("invalid",))

    def test_a_huge_answer_to_a_write_is_ambiguous(self) -> None:
        """F22: it may have been carried out all the same."""
        bomb = gzip.compress(b" " * 40_000_000)
        with pytest.raises(Ambiguous):
            self._create((201, {"Content-Encoding": "gzip"}, bomb))


def test_the_statement_of_capabilities_is_read() -> None:
    """For the check of a clinic's connection."""
    statement = {"resourceType": "CapabilityStatement", "fhirVersion": "4.0.1"}

    def before(ask: Ask) -> Answer:
        assert ask.path == "/metadata"
        return ok(statement)

    assert HostileRecords(before=before).client().capabilities() == statement
    with pytest.raises(Unreadable):
        _answering(ok({"resourceType": "Bundle"})).client().capabilities()
