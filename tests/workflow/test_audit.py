"""What is remembered of each deed: durable before the answer, whole, and without anybody's words (rules 25 to 28)."""

import logging
import re
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from service.audit.record import Deed, Outcome
from service.journal.problems import TooBusy
from service.store.deeds import Deed as Wanted
from service.store.writer import Writer
from tests.factories import response
from tests.people import App, Browser, app_of, backend_app, clinician, officer, patient, staff_app
from tests.workflow.remembered import log
from tests.world import CLINIC, JOURNAL, World

WORDS, PRIVATE, TYPED = "planted-words-shared", "planted-words-private", "planted-words-typed"
QR = "QuestionnaireResponse"


class Watch:
    """What was remembered since one began to watch."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen = len(log(world))

    def __call__(self) -> list[tuple[str, str | None, str | None]]:
        new = log(self._world)[self._seen :]
        self._seen += len(new)
        told = [(one.deed.value, one.patient, one.what) for one in new]
        return [one for one in told if not (one[2] or "").startswith("Task/")]


# --- each deed leaves its record -------------------------------------------------------------------------------


def test_everything_a_patient_does_is_remembered_once(world: World) -> None:
    watch = Watch(world)
    ada, name = patient(world), "patient-six-done"
    assert watch() == [
        ("launch", None, "patient"),
        ("login", name, "patient"),
        ("read", name, "Encounter"),
        ("read", name, "Course"),
    ]

    key = ada.begin("six-done-1")
    draft = f"Draft/{key}"
    assert watch() == [("save-draft", name, draft)]
    ada.get(f"entry/{key}/prompt/1")
    assert watch() == [("read", name, draft)]
    for revision in range(1, 6):
        ada.type(key, revision, {"ai1.1": "x" * revision})
    assert watch() == []  # the autosaves of one sitting are one deed
    ada.get(f"entry/{key}/check")
    assert watch() == [("read", name, draft)]
    ada.send(key, 6)
    version = f"{QR}/{world.desk.entry_id(CLINIC, key)}/_history/1"
    assert watch() == [("create", name, version)]
    ada.get(f"entry/{key}/receipt")
    assert watch() == [("read", name, version)]
    ada.get(f"entry/{key}/copy.pdf")
    assert watch() == [("print", name, version)]
    ada.post("refresh")
    assert watch() == [("read", name, "Encounter")]
    world.deliver()
    ((deed, whose, what),) = watch()
    assert (deed, whose) == ("filing", name)
    assert re.fullmatch(r"DocumentReference/[A-Za-z0-9.-]+", what or "")
    ada.post("sign-out")
    assert watch() == [("logout", name, None)]


def test_every_change_of_an_assigned_set_is_remembered_as_the_services_own_deed(world: World) -> None:
    ada = patient(world)
    ada.write("six-done-1", {"ai1.1": WORDS})
    second = ada.begin("six-done-2")
    ada.post(f"entry/{second}/stop")

    tasks = [one for one in log(world) if (one.what or "").startswith("Task/")]

    assert {(one.patient, one.agent.role, one.agent.person) for one in tasks} == {
        ("patient-six-done", "worker", None)
    }
    changes = [(one.deed.value, (one.what or "").rpartition("/")[2], one.reason) for one in tasks]
    assert changes == [
        *[("create", "1", "requested")] * 6,
        ("update", "2", "completed"),
        ("update", "2", "rejected"),
    ]


def test_another_sitting_with_a_draft_is_another_deed(world: World) -> None:
    ada, again = patient(world), patient(world)
    key = ada.begin("six-done-1")
    watch = Watch(world)

    again.type(key, 1, {"ai1.1": "x"})
    again.type(key, 2, {"ai1.1": "xy"})

    assert watch() == [("save-draft", "patient-six-done", f"Draft/{key}")]


def test_putting_off_and_taking_up_again_are_deeds(world: World) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    watch = Watch(world)

    ada.post(f"entry/{key}/stop")
    ada.type(key, 2, {"ai1.1": "x"})

    assert watch() == [("save-draft", "patient-six-done", f"Draft/{key}")] * 2


def test_everything_a_clinician_sees_is_remembered(world: World) -> None:
    ada = patient(world)
    keys = [ada.write(f"six-done-{n}", {f"ai{n}.1": WORDS}) for n in (1, 2)]
    versions = [f"{QR}/{world.desk.entry_id(CLINIC, key)}/_history/1" for key in keys]
    doctor = clinician(world)
    watch = Watch(world)

    doctor.get()
    assert watch() == [("read", "patient-six-done", versions[1])]
    doctor.get(f"entry/{world.desk.entry_id(CLINIC, keys[0])}")
    assert watch() == [("read", "patient-six-done", versions[0])]
    doctor.get("side-by-side")
    assert watch() == [("read", "patient-six-done", one) for one in versions]


def test_everything_an_officer_does_is_remembered(world: World) -> None:
    auditor = officer(world)
    watch = Watch(world)

    auditor.get("?deed=read")
    auditor.get("patient/patient-six-done")
    auditor.get("export.ndjson?patient=patient-six-done")
    auditor.post("verify")

    assert watch() == [
        ("search", None, "AuditEvent"),
        ("search", "patient-six-done", "AuditEvent"),
        ("export", "patient-six-done", "AuditEvent"),
        ("verify", None, "AuditEvent"),
    ]


def test_everything_an_app_does_is_remembered_with_the_app_and_its_token(world: World) -> None:
    app = app_of(world)
    watch = Watch(world)

    kept = app.post(QR, response(world)).json()
    app.get(f"{QR}/{kept['id']}")
    app.get(f"{QR}?status=completed")
    app_of(world, "patient-two-in").get(QR)
    backend_app(world).get(QR)

    version = f"{QR}/{kept['id']}/_history/1"
    assert watch() == [
        ("read", "patient-six-done", "Encounter"),
        ("create", "patient-six-done", version),
        ("read", "patient-six-done", version),
        ("search", "patient-six-done", QR),
        ("search", None, QR),
        ("search", "patient-six-done", QR),
    ]
    last = log(world)
    assert last[-3].query == "status=completed"
    assert last[-3].agent.client == "diary-app"
    assert re.fullmatch(r"[0-9a-f]{64}", last[-3].agent.token_digest or "")
    assert last[-1].agent.role == "client"


def test_a_search_leaves_a_record_for_each_patient_it_found(world: World) -> None:
    for name, encounter in (("patient-six-done", "six-done-1"), ("patient-two-in", "two-in-1")):
        app_of(world, name).post(QR, response(world, 1, name, encounter))
    watch = Watch(world)

    staff_app(world).get(QR)

    assert watch() == [("search", "patient-six-done", QR), ("search", "patient-two-in", QR)]


def test_what_is_public_leaves_none(world: World) -> None:
    watch = Watch(world)

    for path in (
        "metadata",
        "Questionnaire",
        "Questionnaire/after-infusion-1",
        ".well-known/smart-configuration",
    ):
        App(world).get(path)
    Browser(world).ask("GET", f"{JOURNAL}/health/ready")

    assert watch() == []


REFUSALS: dict[str, tuple[Callable[[World], Any], str, str]] = {
    "no token": (lambda w: App(w).get(QR), f"fhir-{QR}-s", "nobody-signed-in"),
    "a token for another base": (
        lambda w: app_of(w, aud="http://localhost:8090/fhir").get(QR),
        f"fhir-{QR}-s",
        "audience",
    ),
    "a scope too small": (
        lambda w: app_of(w, scope="patient/Patient.r").get(QR),
        f"fhir-{QR}-s",
        "scope-missing",
    ),
    "another patient": (lambda w: app_of(w).get(f"{QR}?patient=x"), f"fhir-{QR}-s", "NotAllowed"),
    "an id that is not theirs": (lambda w: app_of(w).get(f"{QR}/x"), f"fhir-{QR}-r", "NotYours"),
    "a proxy": (
        lambda w: _proxy(w).get(QR),
        f"fhir-{QR}-s",
        "NotAllowed",
    ),
    "writing as staff": (
        lambda w: staff_app(w, scope="user/QuestionnaireResponse.c").post(QR, response(w)),
        f"fhir-{QR}-c",
        "NotAllowed",
    ),
    "an entry that is not theirs": (
        lambda w: patient(w).get(f"entry/{uuid4()}/receipt"),
        "patient-page",
        "NotYours",
    ),
    "another's page": (
        lambda w: (lambda v: v.browser.ask("GET", f"{JOURNAL}/journal/{v.handle}/"))(clinician(w)),
        "patient-page",
        "role-not-allowed",
    ),
    "a form from elsewhere": (
        lambda w: patient(w).post("refresh", csrf="x"),
        "patient-page",
        "from-elsewhere",
    ),
}


def _proxy(world: World) -> App:
    from tests.people import signed_token

    return App(world, signed_token(world, fhirUser="http://localhost:8090/fhir/RelatedPerson/related-two-in"))


@pytest.mark.parametrize("name", REFUSALS)
def test_a_door_that_stays_shut_is_remembered_once_with_its_reason(world: World, name: str) -> None:
    knock, door, reason = REFUSALS[name]

    answer = knock(world)

    assert answer.status_code in (401, 403, 404)
    (refused,) = [one for one in log(world) if one.deed is Deed.REFUSAL]
    assert (refused.outcome, refused.what, refused.reason) == (Outcome.REFUSED, door, reason)


def test_a_refusal_at_a_visit_that_nobody_knows_goes_to_the_services_own_log(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    watch = Watch(world)

    Browser(world).ask("GET", f"{JOURNAL}/journal/{uuid4()}/")

    assert watch() == []
    assert "SignInNeeded" in capsys.readouterr().out


# --- durable before the answer ---------------------------------------------------------------------------------


def refuse_to_write(world: World, patch: pytest.MonkeyPatch) -> None:
    def busy(self: Writer, deed: Wanted) -> None:
        raise TooBusy

    patch.setattr(Writer, "perform", busy)


def test_where_nothing_can_be_remembered_nothing_is_shown(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """T45: no record, no words, at every door that shows a patient's data."""
    ada = patient(world)
    key = ada.write("six-done-1", {"ai1.1": WORDS}, private=())
    begun = ada.begin("six-done-2")
    ada.type(begun, 1, {"ai2.1": TYPED})
    entry = world.desk.entry_id(CLINIC, key)
    doctor, auditor, app = clinician(world), officer(world), app_of(world)
    refuse_to_write(world, monkeypatch)

    answers = [
        ada.get(),
        ada.get(f"entry/{key}/receipt"),
        ada.get(f"entry/{key}/copy.pdf"),
        *(ada.get(f"entry/{begun}/{page}") for page in ("prompt/1", "all", "check")),
        doctor.get(),
        doctor.get(f"entry/{entry}"),
        doctor.get("side-by-side"),
        auditor.get(),
        auditor.get("patient/patient-six-done"),
        auditor.get("export.ndjson"),
        auditor.post("verify"),
        app.get(QR),
        app.get(f"{QR}/{entry}"),
        staff_app(world).get(QR),
        backend_app(world).get(f"{QR}/{entry}"),
    ]

    for answer in answers:
        assert answer.status_code == 503, answer.text
        assert WORDS not in answer.text
        assert TYPED not in answer.text
        assert entry not in answer.text


def test_where_a_refusal_cannot_be_remembered_the_door_says_it_is_busy(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_of(world)
    app.get("metadata")
    refuse_to_write(world, monkeypatch)

    for answer in (App(world).get(QR), app.get(f"{QR}/x"), app.get(f"{QR}?patient=x")):
        assert answer.status_code == 503
        assert answer.json()["issue"][0]["code"] == "transient"


def test_a_form_that_cannot_be_saved_just_now_gives_its_words_back_to_be_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = patient(world)
    key = ada.begin("six-done-1")
    with monkeypatch.context() as patch:
        refuse_to_write(world, patch)
        url = ada.url(f"entry/{key}/prompt/1")
        page = ada.post(url, revision="1", text=TYPED, private="on", go="next")

    assert page.status_code == 503
    assert TYPED in page.text
    again = ada.browser.read(page)
    assert ada.browser.press(again, "Try again").status == 200
    found = ada.get(f"entry/{key}/prompt/1").text
    assert TYPED in found
    assert "checked" in found  # what was to stay private stays private


# --- no words in it --------------------------------------------------------------------------------------------


def test_no_words_names_or_tokens_stand_in_records_logs_or_error_pages(
    world: World, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A marker in everything a person or a stranger sends, and all that is kept or printed is searched (T40, T46)."""
    caplog.set_level(logging.DEBUG)
    ada = patient(world)
    key = ada.write("six-done-1", {"ai1.1": WORDS, "ai1.2": PRIVATE}, private=("ai1.2",))
    begun = ada.begin("six-done-2")
    ada.type(begun, 1, {"ai2.1": TYPED})
    world.deliver()
    token = app_of(world).token or ""
    app = App(world, token)
    pages = [
        ada.post(f"entry/{begun}/prompt/99", revision="1", text=TYPED),
        ada.post(f"entry/{uuid4()}/send", revision="1", text=TYPED),
        app.post(QR, response(world, 2, encounter="six-done-2", item=[{"linkId": TYPED, "text": TYPED}])),
        app.post(QR, TYPED.encode()),
        app.get(f"{QR}?{TYPED}=x"),
        app.get(f"{QR}?status={TYPED}"),
        App(world, TYPED).get(QR),
        App(world, token[:-2] + "xx").get(QR),
        Browser(world).ask("GET", f"{JOURNAL}/launch/patient?iss={TYPED}&launch={TYPED}"),
        Browser(world).ask("GET", f"{JOURNAL}/launch/callback?state={TYPED}&code={TYPED}&error={TYPED}"),
        Browser(world).ask("GET", f"{JOURNAL}/{TYPED}"),
    ]
    clinician(world)
    officer(world)
    ada.get(f"entry/{key}/copy.pdf")
    ada.post("sign-out")

    told = capsys.readouterr()
    kept = b"".join(one.canonical() for one in log(world)).decode()
    # What runs in this process besides (the record system, the browsers' own library) is not ours.
    ours = "".join(one.getMessage() for one in caplog.records if one.name.startswith("service.store"))
    printed = told.out + told.err + ours + kept
    secrets = [one.value or "" for one in ada.browser.jar] + [token.split(".")[2], ada.csrf]
    for marker in (WORDS, PRIVATE, TYPED, "Harrowgate", "Tamsin", "MG-2001", "1986-04-17", *secrets):
        assert marker not in printed, marker
    for page in pages[2:]:
        assert page.status_code >= 400
        assert TYPED not in page.text, page.url
