"""What every answer carries, where none leads, and what a problem tells (threats T20, T27 to T31)."""

import errno
import re
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.people import (
    App,
    Browser,
    Visitor,
    app_of,
    clinician,
    officer,
    patient,
)
from tests.web.probing import WORDS, Probe, knock, probes
from tests.world import CLINIC, JOURNAL, World

# --- every answer ----------------------------------------------------------------------------------------------


def answers_of_everything(world: World) -> list[tuple[Probe, httpx2.Response]]:
    """Every probe, by nobody and by whoever it is for."""
    ada, doctor, auditor = patient(world), clinician(world), officer(world)
    key = ada.write("six-done-1", {"ai1.1": WORDS})
    begun = ada.begin("six-done-2")
    told: list[tuple[Probe, httpx2.Response]] = []
    for probe in probes(world.app):
        told.append((probe, knock(Browser(world), probe)))
        visitor: Visitor = {"clinician-page": doctor, "officer-page": auditor}.get(probe.policy, ada)  # type: ignore[assignment]
        if "sign-out" in probe.path:
            continue
        entry = world.desk.entry_id(CLINIC, key)
        for one in (key, begun):
            told.append(
                (
                    probe,
                    knock(
                        visitor.browser, probe, visitor.csrf, visit=visitor.handle, key=one, entry_id=entry
                    ),
                )
            )
    app = app_of(world)
    fhir = Probe("fhir", "GET", "", "fhir")
    told += [
        (fhir, app.get(path)) for path in ("QuestionnaireResponse", "QuestionnaireResponse/x", "nothing")
    ]
    told.append((fhir, Browser(world).ask("GET", f"{JOURNAL}/nowhere")))
    told += [(Probe("out", "POST", "", ""), one.post("sign-out")) for one in (ada, doctor, auditor)]
    return told


def test_every_answer_carries_the_headers_that_keep_it_in_the_house(world: World) -> None:
    for probe, answer in answers_of_everything(world):
        headers = answer.headers
        assert headers["x-content-type-options"] == "nosniff", probe
        assert headers["referrer-policy"] == "no-referrer", probe
        assert headers["x-request-id"] or probe.endpoint == "out", probe
        policy = headers["content-security-policy"]
        for part in (
            "default-src 'none'",
            "script-src 'self'",
            "base-uri 'none'",
            "object-src 'none'",
            "form-action",
        ):
            assert part in policy, (probe, part)
        assert "unsafe" not in policy
        assert "frame-ancestors" in policy
        assert "x-frame-options" not in headers
        if probe.policy not in ("public", "launch"):
            assert headers["cache-control"] == "no-store", probe
            assert "access-control-allow-origin" not in headers, probe
        assert answer.status_code < 500, (probe, answer.text)


def test_only_the_clinics_own_list_may_frame_and_nobody_frames_a_strangers_page(world: World) -> None:
    ada = patient(world)

    assert ada.get().headers["content-security-policy"].endswith("frame-ancestors http://localhost:8090")
    nobody = Browser(world).ask("GET", f"{JOURNAL}/nowhere")
    assert "frame-ancestors 'none'" in nobody.headers["content-security-policy"]


def test_every_cookie_is_bound_to_this_host_and_out_of_scripts_reach(world: World) -> None:
    """T27: where the clinic allows framing, for frames; else Lax."""
    told: list[str] = []
    for _, answer in answers_of_everything(world):
        told += answer.headers.get_list("set-cookie")
    begun = Browser(world).ask("GET", f"{JOURNAL}/launch/{CLINIC}/patient")
    told += begun.headers.get_list("set-cookie")
    assert told
    for cookie in told:
        assert cookie.startswith("__Host-"), cookie
        for part in ("Secure", "HttpOnly", "Path=/"):
            assert part in cookie, cookie
        assert "Domain" not in cookie
    assert any(
        "SameSite=None" in cookie and "Partitioned" in cookie
        for cookie in begun.headers.get_list("set-cookie")
    )


def test_no_redirect_leads_where_the_request_says(world: World) -> None:
    """Every redirect goes to a path of ours, or to the authorization server of the clinic (threat T20)."""
    for probe, answer in answers_of_everything(world):
        if "location" in answer.headers and answer.is_redirect:
            target = urlsplit(answer.headers["location"])
            assert (target.scheme, target.netloc) == ("", "") or target.netloc == "localhost:8090", probe
            assert not answer.headers["location"].startswith("//")


@pytest.mark.parametrize("query", ["next", "redirect_uri", "url", "return_to", "go", "launch"])
@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)"])
def test_no_parameter_is_a_way_out(world: World, query: str, target: str) -> None:
    answer = Browser(world).ask("GET", f"{JOURNAL}/launch/{CLINIC}/patient", params={query: target})

    assert answer.headers["location"].startswith("http://localhost:8090/auth/authorize?")
    assert "evil" not in answer.headers["location"]
    assert "javascript" not in answer.headers["location"]


@pytest.mark.parametrize(
    "path", ["/journal/{visit}", "//evil.example/%2e%2e", "/journal//{visit}/", "/launch/"]
)
def test_a_host_of_the_requests_own_is_never_a_way_out(world: World, path: str) -> None:
    ada = patient(world)

    answer = ada.browser.ask("GET", JOURNAL + path.format(visit=ada.handle), headers={"Host": "evil.example"})

    assert "evil.example" not in answer.headers.get("location", "")
    assert answer.status_code in (400, 404)


@pytest.mark.parametrize("given", ["a-plain-id.7", "x" * 64])
def test_a_request_id_of_the_clients_own_is_taken(world: World, given: str) -> None:
    assert App(world).get("metadata", **{"X-Request-Id": given}).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "x" * 65, "two words", "a\tb", "<b>"])
def test_a_request_id_that_is_not_plain_is_replaced(world: World, given: str) -> None:
    answered = App(world).get("metadata", **{"X-Request-Id": given}).headers["x-request-id"]

    assert answered != given
    assert re.fullmatch(r"[0-9a-f-]{36}", answered)


def test_a_problem_gives_the_words_back_that_were_typed(world: World) -> None:
    """The sitting is over, the form is posted all the same: the words stand on the page, and nothing else does."""
    ada = patient(world)
    key = ada.begin("six-done-1")
    world.clock.pass_time(hours=13)

    answer = ada.post(f"entry/{key}/prompt/1", revision="1", text=f"{WORDS} <script>", go="next")

    assert answer.status_code == 401
    assert f"{WORDS} &lt;script&gt;" in answer.text
    assert answer.headers["cache-control"] == "no-store"


def test_an_unexpected_fault_tells_nothing_of_itself(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    ada = patient(world)

    def broken(*_: object) -> None:
        raise RuntimeError(WORDS)

    monkeypatch.setattr("service.web.patient.open_course", broken)
    answer = ada.get()

    assert answer.status_code == 500
    assert WORDS not in answer.text
    told = capsys.readouterr()
    assert WORDS not in told.out + told.err
    assert "RuntimeError" in told.out


@pytest.mark.parametrize(
    "fault", [MemoryError(), OSError(errno.EMFILE, "no handle left")], ids=["memory", "handles"]
)
def test_a_process_that_has_nothing_left_says_later_and_gives_the_words_back(
    world: World, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    """F7: as for a database that is busy; whoever sends the page again is served by then."""
    ada = patient(world)
    key = ada.begin("six-done-1")

    def broken(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr("service.web.patient.save_draft", broken)
    answer = ada.post(f"entry/{key}/prompt/1", revision="1", text=WORDS, go="next")

    assert answer.status_code == 503
    assert f">\n{WORDS}</textarea>" in answer.text


def test_the_service_is_alive_and_ready_and_says_when_it_is_not(world: World) -> None:
    browser = Browser(world)
    assert browser.ask("GET", f"{JOURNAL}/health/live").status_code == 200
    assert browser.ask("GET", f"{JOURNAL}/health/ready").status_code == 200

    world.desk.writer.stop()

    # A writer that stopped by itself comes back with the process alone: so the process is to be started anew.
    assert browser.ask("GET", f"{JOURNAL}/health/live").status_code == 503
    assert browser.ask("GET", f"{JOURNAL}/health/ready").status_code == 503


def test_the_published_keys_hold_no_private_part(world: World) -> None:
    keys = Browser(world).ask("GET", f"{JOURNAL}/.well-known/jwks.json").json()["keys"]

    assert keys
    assert all("d" not in key for key in keys)
