"""Filing before a hostile record system: never two documents, never a false "filed" (C2, C3; F10 to F24)."""

import json
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from service.ehr.client import RecordSystem
from service.ehr.outcome import Busy, Filed, HeldThere, NotSent, Outcome, Refused, Rung, Unknown, Why
from service.ehr.problems import Unreadable
from service.ehr.write_back import file_document, find_version, strike_document, supersede_document
from service.smart.problems import ScopeMissing, ServerSilent, SmartProblem, TokenRefused
from tests.ehr.documents import ENTRY, FIRST, SECOND, document
from tests.ehr.hostile_records import BASE, Answer, Ask, HostileRecords, bundle, ok, outcome

LADDER = (Rung.PUT, Rung.CONDITIONAL, Rung.SEARCH)


def _file(records: HostileRecords, rung: Rung, body: bytes | None = None, version: str = FIRST) -> Outcome:
    return file_document(records.client(), rung, body or document(), version)


def _only_writes(answer: Answer) -> Callable[[Ask], Answer | None]:
    return lambda ask: answer if ask.method != "GET" else None


@pytest.mark.parametrize("rung", list(Rung))
def test_filed_is_read_back_and_compared(rung: Rung) -> None:
    """W-15, K9: each rung ends with the document seen in the record."""
    records = HostileRecords()
    filed = _file(records, rung)
    assert isinstance(filed, Filed)
    assert (filed.verified, filed.existed) == (True, False)
    assert records.ledger == [filed.id]


def test_on_rung_a_the_id_is_the_versions_own() -> None:
    """A PUT at our id; again gives the same document."""
    records = HostileRecords()
    for _ in range(3):
        _file(records, Rung.PUT)
    assert set(records.ledger) == {FIRST.removeprefix("urn:uuid:")}
    assert len(records.documents) == 1


def test_on_rung_a_a_struck_document_stays_struck() -> None:
    """A blind PUT would bring it back: what stands at the id is looked at first."""
    records = HostileRecords()
    filed = _file(records, Rung.PUT)
    assert isinstance(filed, Filed)
    records.documents[filed.id]["status"] = "entered-in-error"
    assert _file(records, Rung.PUT) == Refused(Why.STRUCK, found=(filed.id,))
    assert records.writes() == 1


def test_the_key_is_the_version_never_the_entry() -> None:
    """W-02: in searches and in the condition."""
    records = HostileRecords()
    _file(records, Rung.CONDITIONAL)
    search, create = records.asked[0], records.asked[1]
    assert search.query == {"identifier": f"urn:ietf:rfc:3986|{FIRST}"}
    assert create.headers["HTTP_IF_NONE_EXIST"] == f"identifier=urn:ietf:rfc:3986|{FIRST}"
    assert not any(ENTRY in str(ask.query) for ask in records.asked)


@pytest.mark.parametrize("rung", list(Rung))
def test_when_the_lease_would_not_last_nothing_is_sent(rung: Rung) -> None:
    """Rule 1 of the fault matrix: asked after the searching and directly before the sending."""
    records, asked_after = HostileRecords(), []

    def may_send() -> bool:
        asked_after.append(len(records.asked))
        return False

    sent = file_document(records.client(), rung, document(), FIRST, may_send=may_send)
    assert sent == NotSent("lease-too-short")
    assert records.writes() == 0
    assert asked_after == [0 if rung is Rung.NONE else 1]


def test_only_rung_b_sends_the_condition() -> None:
    """W-13: others may fail on it, or pretend to honour it."""
    for rung in (Rung.PUT, Rung.SEARCH, Rung.NONE):
        records = HostileRecords()
        _file(records, rung)
        assert not any("HTTP_IF_NONE_EXIST" in ask.headers for ask in records.asked)


class TestLostAnswers:
    """F10, F11, F18: committed, and then the answer is lost in every way there is."""

    LOST: tuple[Answer, ...] = (
        (500, {}, b""),
        (502, {}, b"<html>Bad gateway</html>"),
        (503, {"Retry-After": "120"}, b""),
        (504, {}, b""),
        (408, {}, b""),
        (302, {"Location": "https://evil.example/login"}, b""),
        (201, {"Content-Encoding": "gzip"}, b"broken"),
    )

    @pytest.mark.parametrize("rung", list(Rung))
    @pytest.mark.parametrize("lost", LOST, ids=lambda answer: str(answer[0]))
    def test_the_outcome_is_unknown_and_the_next_attempt_finds_it(self, rung: Rung, lost: Answer) -> None:
        records = HostileRecords(after=lambda ask, answer: lost)
        first = _file(records, rung)
        assert isinstance(first, Unknown)
        assert first.retry_after == lost[1].get("Retry-After")
        assert len(records.documents) == 1
        if rung is Rung.NONE:
            return  # the retry rule parks it; nothing is sent again
        records.after = lambda ask, answer: answer
        second = _file(records, rung)
        assert isinstance(second, Filed)
        assert len(records.documents) == 1

    def test_an_index_that_lags_is_no_danger_on_rungs_a_and_b(self) -> None:
        """F25: the search finds nothing yet, and the condition or the id still holds."""
        for rung in (Rung.PUT, Rung.CONDITIONAL):
            records = HostileRecords(after=lambda ask, answer: (503, {}, b""))
            _file(records, rung)
            records.after, records.hides = (lambda ask, answer: answer), 5
            assert isinstance(_file(records, rung), Filed)
            assert len(records.documents) == 1


PROOFLESS: dict[str, Callable[[Ask, Answer], Answer]] = {
    "empty 200": lambda ask, answer: (200, {}, b""),
    "empty 201": lambda ask, answer: (201, {}, b""),
    "204": lambda ask, answer: (204, {}, b""),
    "a login page": lambda ask, answer: (200, {"Content-Type": "text/html"}, b"<html>sign in</html>"),
    "another type": lambda ask, answer: (201, {}, b'{"resourceType":"Patient","id":"p-1"}'),
    "an outcome": lambda ask, answer: (201, {}, outcome("informational")),
    "no id": lambda ask, answer: (201, {}, b'{"resourceType":"DocumentReference"}'),
    "an odd id": lambda ask, answer: (201, {}, b'{"resourceType":"DocumentReference","id":"../x"}'),
    "an address elsewhere": lambda ask, answer: (201, {"Location": "https://evil.example/fhir/x/1"}, b""),
    "an address that does not exist": lambda ask, answer: (
        201,
        {"Location": f"{BASE}/DocumentReference/never"},
        b"",
    ),
    "broken JSON": lambda ask, answer: (201, {}, b'{"resourceType":"DocumentReference","id":"doc-'),
    "a list": lambda ask, answer: (201, {}, b"[]"),
    "one member twice": lambda ask, answer: (
        201,
        {},
        b'{"resourceType":"DocumentReference","id":"doc-1","id":"doc-2"}',
    ),
}


@pytest.mark.parametrize("rung", [Rung.CONDITIONAL, Rung.SEARCH])
@pytest.mark.parametrize("spoil", PROOFLESS.values(), ids=PROOFLESS.keys())
def test_a_yes_without_proof_is_checked_by_search(spoil: Any, rung: Rung) -> None:
    """F21: committed, and badly answered: the search finds it at once."""
    records = HostileRecords(after=spoil)
    filed = _file(records, rung)
    assert isinstance(filed, Filed)
    assert records.ledger == [filed.id]


@pytest.mark.parametrize("rung", [Rung.CONDITIONAL, Rung.SEARCH, Rung.NONE])
@pytest.mark.parametrize("spoil", PROOFLESS.values(), ids=PROOFLESS.keys())
def test_a_yes_with_nothing_behind_it_is_never_filed(spoil: Any, rung: Rung) -> None:
    """F21: never committed, and answered all the same: not a single false "filed"."""
    records = HostileRecords()
    records.before = lambda ask: spoil(ask, (0, {}, b"")) if ask.method == "POST" else None
    assert isinstance(_file(records, rung), Unknown)
    assert records.documents == {}


class TestSomebodyElsesDocument:
    """Misfiled must be 0: what stands there is compared before it counts as ours."""

    def _standing(self, **changed: Any) -> HostileRecords:
        resource = {**json.loads(document()), "id": "d-1", **changed}
        return HostileRecords(documents={"d-1": resource})

    @pytest.mark.parametrize(
        "changed",
        [
            {"subject": {"reference": "Patient/pat-2"}},
            {"subject": {"reference": "https://evil.example/fhir/Patient/pat-1"}},
            {"subject": {}},
            {"content": [{"attachment": {"data": "b3RoZXI=", "hash": "x", "size": 5}}]},
            {"content": [{"attachment": {"url": "Binary/1", "hash": "b3RoZXI="}}]},
            {"content": [{"attachment": {"url": "Binary/1", "size": 5}}]},
        ],
    )
    @pytest.mark.parametrize("rung", [Rung.CONDITIONAL, Rung.SEARCH])
    def test_a_document_of_another_patient_or_with_other_words_goes_to_a_person(
        self, rung: Rung, changed: dict[str, Any]
    ) -> None:
        records = self._standing(**changed)
        refused = _file(records, rung)
        assert refused == Refused(Why.MISMATCH, found=("d-1",))
        assert records.writes() == 0

    def test_an_absolute_reference_to_the_same_patient_fits(self) -> None:
        records = self._standing(subject={"reference": f"{BASE}/Patient/pat-1"})
        assert _file(records, Rung.SEARCH) == Filed("d-1", existed=True)

    def test_a_file_moved_into_a_binary_fits_by_its_hash(self) -> None:
        attachment = {**json.loads(document())["content"][0]["attachment"], "url": "Binary/9"}
        del attachment["data"]
        assert isinstance(_file(self._standing(content=[{"attachment": attachment}]), Rung.SEARCH), Filed)

    def test_a_create_that_points_to_another_document_is_no_filing(self) -> None:
        """F21: the body of another patient."""
        other = {**json.loads(document(SECOND, patient="pat-2")), "id": "d-9"}
        records = HostileRecords(documents={"d-9": other})
        location = {"Location": f"{BASE}/DocumentReference/d-9"}
        records.before = _only_writes((201, location, b""))
        refused = _file(records, Rung.SEARCH)
        assert isinstance(refused, Refused)
        assert refused.why is Why.MISMATCH

    def test_two_of_them_are_a_finding_and_not_a_failure(self) -> None:
        """Rule 5 of the fault matrix: never a third, and both are named."""
        both = {id_: {**json.loads(document()), "id": id_} for id_ in ("d-1", "d-2")}
        records = HostileRecords(documents=both)
        assert _file(records, Rung.CONDITIONAL) == Refused(Why.SEVERAL, found=("d-1", "d-2"))
        assert records.writes() == 0

    def test_a_struck_copy_beside_a_standing_one_does_not_matter(self) -> None:
        both = {id_: {**json.loads(document()), "id": id_} for id_ in ("d-1", "d-2")}
        both["d-1"]["status"] = "entered-in-error"
        assert _file(HostileRecords(documents=both), Rung.SEARCH) == Filed("d-2", existed=True)


class TestRecordSystemsThatIgnoreUs:
    """F24."""

    def test_a_search_that_ignores_the_identifier_proves_nothing(self) -> None:
        """It answers with whatever it has: on rung C nothing is sent, and nothing foreign counts as ours."""
        other = {**json.loads(document(SECOND, patient="pat-2")), "id": "d-9"}
        records = HostileRecords()
        records.before = lambda ask: ok(bundle(other)) if ask.method == "GET" else None
        refused = _file(records, Rung.SEARCH)
        assert refused == Refused(Why.OTHER, codes=("search-ignores-identifier",))
        assert records.writes() == 0
        with pytest.raises(Unreadable, match="search-ignores-identifier"):
            find_version(records.client(), FIRST)

    def test_a_condition_that_is_ignored_is_caught_by_the_search(self) -> None:
        """Rule 5: rung B searches as well."""
        records = HostileRecords(ignores_condition=True, after=lambda ask, answer: (503, {}, b""))
        _file(records, Rung.CONDITIONAL)
        records.after = lambda ask, answer: answer
        assert isinstance(_file(records, Rung.CONDITIONAL), Filed)
        assert len(records.documents) == 1

    def test_a_dropped_identifier_still_ends_in_a_verified_document(self) -> None:
        """Found by its address, compared by patient and bytes."""
        filed = _file(HostileRecords(drops_identifier=True), Rung.NONE)
        assert isinstance(filed, Filed)
        assert filed.verified

    def test_a_record_system_that_cannot_be_read_from(self) -> None:
        """E-05: written by status and address, not verified, and said so."""
        records = HostileRecords()
        records.before = lambda ask: (403, {}, b"") if ask.method == "GET" else None
        filed = _file(records, Rung.CONDITIONAL)
        assert filed == Filed("doc-1", "1", verified=False)

    @pytest.mark.parametrize("spoiled", [(503, {}, b""), (200, {}, b"<html>sign in</html>"), (429, {}, b"")])
    @pytest.mark.parametrize("rung", list(Rung))
    def test_what_just_now_cannot_be_read_back_is_seen_before_it_counts(
        self, rung: Rung, spoiled: Answer
    ) -> None:
        """F21: a patient is told "in your record" of what was seen there; on rung D nothing could ever show it."""
        records = HostileRecords()
        records.before = lambda ask: spoiled if ask.method == "GET" and records.documents else None
        filed = _file(records, rung)
        if rung is Rung.NONE:
            assert filed == Filed("doc-1", "1", verified=False)
            return
        assert filed == Unknown("no-proof")
        records.before = lambda ask: None
        assert _file(records, rung) == Filed(next(iter(records.documents)), existed=True)
        assert len(records.documents) == 1

    def test_a_mere_200_that_cannot_be_read_back_is_no_filing(self) -> None:
        """F21: a page in between answers 200 to everything; only 201, or a met condition, counts unseen."""
        for rung, expected in ((Rung.SEARCH, Unknown), (Rung.NONE, Unknown), (Rung.CONDITIONAL, Filed)):
            records = HostileRecords(before=self._unreadable)
            assert isinstance(_file(records, rung), expected)

    @staticmethod
    def _unreadable(ask: Ask) -> Answer:
        if ask.method == "GET":
            return ok(bundle()) if ask.query else (403, {}, b"")
        return 200, {"Location": f"{BASE}/DocumentReference/d-1"}, b""

    def test_held_for_review_is_not_filed(self) -> None:
        """U-01, W-15: 202 means "held for review there"."""
        for rung in Rung:
            records = HostileRecords(before=_only_writes((202, {}, b"")))
            assert isinstance(_file(records, rung), HeldThere)


NOES = [
    (400, Why.CONTENT),
    (401, Why.SIGN_IN),
    (403, Why.SCOPE),
    (404, Why.TARGET),
    (405, Why.OTHER),
    (406, Why.FORM),
    (409, Why.CONFLICT),
    (410, Why.TARGET),
    (412, Why.CONFLICT),
    (413, Why.FORM),
    (415, Why.FORM),
    (422, Why.CONTENT),
    (451, Why.OTHER),
]


@pytest.mark.parametrize("rung", LADDER)
@pytest.mark.parametrize(("status", "why"), NOES)
def test_a_no_goes_to_a_person_with_its_reason(rung: Rung, status: int, why: Why) -> None:
    """C3, F14 to F16: one attempt, the codes kept, nothing repeated."""
    answer = (status, {}, outcome("business-rule", diagnostics="marker words"))
    records = HostileRecords(before=_only_writes(answer))
    assert _file(records, rung) == Refused(why, status, ("business-rule",))
    assert records.writes() == 1


@pytest.mark.parametrize("status", [409, 412])
@pytest.mark.parametrize("rung", LADDER)
def test_a_conflict_with_our_own_document_is_a_filing(rung: Rung, status: int) -> None:
    """F15: an attempt that was lost on the way arrived first after all; what stands there is looked at again."""
    records = HostileRecords()

    def quicker(ask: Ask) -> Answer | None:
        if ask.method == "GET":
            return None
        id_ = FIRST.removeprefix("urn:uuid:")
        records.documents[id_] = {**json.loads(document()), "id": id_}
        return status, {}, outcome("conflict")

    records.before = quicker
    filed = _file(records, rung)
    assert filed == Filed(FIRST.removeprefix("urn:uuid:"), existed=True)
    assert len(records.documents) == 1


def test_a_conflict_with_two_of_ours_names_both() -> None:
    """Rule 5: 412 with several matches is a finding, by their ids."""
    records = HostileRecords()

    def several(ask: Ask) -> Answer | None:
        if ask.method == "GET":
            return None
        records.documents |= {id_: {**json.loads(document()), "id": id_} for id_ in ("d-1", "d-2")}
        return 412, {}, outcome("multiple-matches")

    records.before = several
    assert _file(records, Rung.CONDITIONAL) == Refused(Why.SEVERAL, found=("d-1", "d-2"))


def test_busy_is_told_apart_from_broken() -> None:
    """C3: 429 was not processed; its Retry-After is handed on as it came."""
    records = HostileRecords(before=_only_writes((429, {"Retry-After": "30"}, b"")))
    assert _file(records, Rung.SEARCH) == Busy("30")


def test_a_search_that_fails_stops_rung_c_before_sending() -> None:
    """Without the search there is no protection on C; on B the condition itself protects."""
    for answer, expected in (((503, {}, b""), NotSent), ((400, {}, b""), Refused)):
        records = HostileRecords()
        records.before = lambda ask, answer=answer: answer if ask.method == "GET" else None
        assert isinstance(_file(records, Rung.SEARCH), expected)
        assert records.writes() == 0


@pytest.mark.parametrize(
    ("problem", "expected"),
    [
        (ServerSilent("timeout"), NotSent("timeout")),
        (TokenRefused("invalid_client"), Refused(Why.SIGN_IN, codes=("invalid_client",))),
        (ScopeMissing("system/Binary.c"), Refused(Why.SCOPE, codes=("system/Binary.c",))),
    ],
)
def test_without_a_token_nothing_is_sent(problem: SmartProblem, expected: Outcome) -> None:
    """F13, F14: the missing scope is named."""

    def token() -> str:
        raise problem

    records = HostileRecords()
    record = records.client(token=token)
    assert file_document(record, Rung.CONDITIONAL, document(), FIRST) == expected
    assert records.asked == []


@pytest.mark.parametrize(
    ("body", "version"),
    [
        (b"", FIRST),
        (b"{}", FIRST),
        (b"[]", FIRST),
        (document(), SECOND),
        (document(), ENTRY),
        (document(), FIRST.removeprefix("urn:uuid:")),
        (document(), "urn:uuid:../x"),
        (json.dumps({**json.loads(document()), "subject": {}}).encode(), FIRST),
        (json.dumps({**json.loads(document()), "resourceType": "Binary"}).encode(), FIRST),
    ],
)
def test_a_body_that_is_not_that_version_is_our_own_mistake(body: bytes, version: str) -> None:
    """The entry's identifier in the version's place would lose an amendment: refused before anything is sent."""
    records = HostileRecords()
    with pytest.raises(ValueError, match=r"."):
        file_document(records.client(), Rung.CONDITIONAL, body, version)
    assert records.asked == []


def test_a_reset_connection_is_unknown_and_a_refused_one_is_not_sent() -> None:
    """C3's first two rows, by the transport's own errors."""
    for error, expected in (
        (httpx2.ConnectError("x"), NotSent),
        (httpx2.ConnectTimeout("x"), NotSent),
        (httpx2.ReadTimeout("x"), Unknown),
        (httpx2.ReadError("x"), Unknown),
        (httpx2.RemoteProtocolError("x"), Unknown),
        (httpx2.WriteTimeout("x"), Unknown),
    ):
        records = HostileRecords()

        def before(ask: Ask, error: Exception = error) -> Answer | None:
            if ask.method == "POST":
                raise error
            return None

        records.before = before
        assert isinstance(_file(records, Rung.CONDITIONAL), expected), error


class TestMarking:
    """W-30, W-31: only our own document, only upon the version that was read, and once."""

    def _filed(self, **more: Any) -> HostileRecords:
        records = HostileRecords(**more)
        assert isinstance(_file(records, Rung.CONDITIONAL), Filed)
        return records

    @pytest.mark.parametrize(
        ("mark", "status"), [(supersede_document, "superseded"), (strike_document, "entered-in-error")]
    )
    def test_a_document_is_marked_once_and_keeps_the_rest(
        self, mark: Callable[[RecordSystem, str, str], Outcome], status: str
    ) -> None:
        records = self._filed()
        before = dict(records.documents["doc-1"])
        assert mark(records.client(), "doc-1", FIRST) == Filed("doc-1", "2")
        put = next(ask for ask in reversed(records.asked) if ask.method == "PUT")
        assert put.headers["HTTP_IF_MATCH"] == 'W/"1"'
        assert records.documents["doc-1"] == before | {"status": status, "meta": {"versionId": "2"}}
        assert mark(records.client(), "doc-1", FIRST) == Filed("doc-1", "2", existed=True)
        assert records.writes() == 2

    def test_what_was_struck_is_not_superseded(self) -> None:
        """Else a document marked wrong would be right again."""
        records = self._filed()
        strike_document(records.client(), "doc-1", FIRST)
        assert supersede_document(records.client(), "doc-1", FIRST) == Filed("doc-1", "2", existed=True)
        assert records.documents["doc-1"]["status"] == "entered-in-error"

    def test_what_was_superseded_can_still_be_struck(self) -> None:
        records = self._filed()
        supersede_document(records.client(), "doc-1", FIRST)
        assert strike_document(records.client(), "doc-1", FIRST) == Filed("doc-1", "3")

    def test_a_superseded_document_is_not_filed_again(self) -> None:
        records = self._filed()
        supersede_document(records.client(), "doc-1", FIRST)
        assert _file(records, Rung.SEARCH) == Filed("doc-1", existed=True)
        assert list(records.documents) == ["doc-1"]

    @pytest.mark.parametrize(
        ("document_id", "version", "outcome"),
        [
            ("doc-1", SECOND, Refused(Why.MISMATCH, found=("doc-1",))),
            ("doc-1", ENTRY.upper(), Refused(Why.MISMATCH, found=("doc-1",))),
            ("doc-9", FIRST, Refused(Why.TARGET, 404)),
        ],
    )
    def test_only_our_own_document_is_superseded(
        self, document_id: str, version: str, outcome: Outcome
    ) -> None:
        records = self._filed()
        assert supersede_document(records.client(), document_id, version) == outcome
        assert records.writes() == 1

    def test_a_change_in_between_is_a_conflict(self) -> None:
        records = self._filed()
        shown = dict(records.documents["doc-1"])
        records.documents["doc-1"]["meta"] = {"versionId": "7"}
        records.before = lambda ask: ok(shown) if ask.method == "GET" else None
        assert supersede_document(records.client(), "doc-1", FIRST) == Refused(Why.CONFLICT, 412)
        assert records.documents["doc-1"]["status"] == "current"

    @pytest.mark.parametrize(
        ("answer", "expected"),
        [
            ((403, {}, b""), Refused(Why.SCOPE, 403)),
            ((405, {}, b""), Refused(Why.OTHER, 405)),
            ((422, {}, b""), Refused(Why.CONTENT, 422)),
            ((429, {"Retry-After": "5"}, b""), Busy("5")),
            ((503, {}, b""), Unknown("status-503")),
            ((202, {}, b""), HeldThere("doc-1")),
        ],
    )
    def test_a_record_system_may_take_no_updates(self, answer: Answer, expected: Outcome) -> None:
        records = self._filed()
        records.before = _only_writes(answer)
        assert supersede_document(records.client(), "doc-1", FIRST) == expected

    def test_a_silent_record_system_changed_nothing(self) -> None:
        records = self._filed()
        records.before = lambda ask: (503, {}, b"")
        assert supersede_document(records.client(), "doc-1", FIRST) == NotSent("status-503")

    def test_a_lost_answer_is_found_to_have_been_carried_out(self) -> None:
        records = self._filed()
        records.after = lambda ask, answer: (504, {}, b"")
        assert supersede_document(records.client(), "doc-1", FIRST) == Unknown("status-504")
        assert supersede_document(records.client(), "doc-1", FIRST) == Filed("doc-1", "2", existed=True)


@pytest.mark.parametrize("rung", list(Rung))
def test_with_a_new_token_a_write_goes_again_only_while_the_lease_lasts(rung: Rung) -> None:
    """A 401 came, and the worker stood still over it for longer than its lease: others may have sent it since."""
    renewed: list[str] = []
    records = HostileRecords(good_token="fresh")
    record = records.client(token=lambda: "fresh" if renewed else "stale", renew=renewed.append)
    records.before = lambda ask: (
        ok(bundle()) if ask.query else None if ask.method != "GET" else (404, {}, b"")
    )
    lasts = iter((True, False))

    assert file_document(record, rung, document(), FIRST, may_send=lambda: next(lasts)) == NotSent(
        "too-late-to-repeat"
    )
    assert (records.writes(), records.ledger, renewed) == (1, [], ["stale"])
