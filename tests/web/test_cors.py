"""Pages of listed origins may call the FHIR base; any page may read what is public; nobody else (B-06, B-07, T31)."""

import httpx2
import pytest

from service.clinic import ClinicsUnreadable
from tests.factories import response
from tests.people import App, app_of, patient
from tests.web.fhir_answers import QR
from tests.web.probing import Probe, probes
from tests.world import CLINIC, JOURNAL, OTHER, World, WorldWith

LISTED, STRANGE = "https://diary.example", "https://elsewhere.example"
TABLE = f'[clinic.{CLINIC}.api]\nclients = ["registry"]\norigins = ["{LISTED}", "http://localhost:5173"]'
PUBLIC = (
    "metadata",
    ".well-known/smart-configuration",
    "Questionnaire",
    "Questionnaire/after-infusion-1",
    "Questionnaire/after-infusion-1/_history",
    "Bundle/prompt-sets",
    "CodeSystem/journal-themes",
)
CONDITIONAL = {
    "Authorization",
    "Content-Type",
    "Accept",
    "If-Match",
    "If-None-Match",
    "If-None-Exist",
    "Prefer",
}
TOLD = {
    "ETag",
    "Location",
    "Content-Location",
    "Last-Modified",
    "Retry-After",
    "X-Request-Id",
    "X-Correlation-Id",
}


@pytest.fixture
def world(world_with: WorldWith) -> World:
    return world_with(TABLE)


def words(answer: httpx2.Response, header: str) -> set[str]:
    return {one.strip() for one in answer.headers.get(header, "").split(",")} - {""}


def allowed(answer: httpx2.Response) -> str | None:
    value: str | None = answer.headers.get("access-control-allow-origin")
    return value


def asked_before(
    app: App, path: str, origin: str, method: str = "GET", names: str = "authorization"
) -> httpx2.Response:
    """The browser's question before it sends what the page wants."""
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": names,
    }
    return app.ask("OPTIONS", path, headers=headers)


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize("origin", [LISTED, STRANGE, "null"])
def test_what_is_public_any_page_may_read(world: World, path: str, origin: str) -> None:
    answer = App(world).get(path, Origin=origin)
    assert (answer.status_code, allowed(answer)) == (200, "*")
    assert words(answer, "access-control-expose-headers") == TOLD


def test_the_export_bases_discovery_is_public_too(world: World) -> None:
    for path in (".well-known/smart-configuration", "metadata"):
        with httpx2.Client(transport=world.browser_network(), trust_env=False) as http:
            answer = http.get(f"{JOURNAL}/{CLINIC}/export/fhir/{path}", headers={"Origin": STRANGE})
        assert allowed(answer) == "*"


def test_a_listed_page_reads_and_writes_with_its_token(world: World) -> None:
    app = app_of(world)
    made = app.post(QR, response(world), Origin=LISTED)
    assert (made.status_code, allowed(made)) == (201, LISTED)
    assert words(made, "access-control-expose-headers") == TOLD
    assert "Origin" in words(made, "vary")
    read = app.get(f"{QR}/{made.json()['id']}", Origin=LISTED)
    assert (read.status_code, allowed(read)) == (200, LISTED)


@pytest.mark.parametrize("origin", [STRANGE, "null", f"{LISTED}.evil.example", f"{LISTED}/", LISTED.upper()])
def test_another_page_is_told_nothing_and_the_answer_is_the_same(world: World, origin: str) -> None:
    app = app_of(world)
    made = app.post(QR, response(world), Origin=origin)
    assert (made.status_code, allowed(made)) == (201, None)
    assert not words(made, "access-control-expose-headers")
    refused = asked_before(app, QR, origin, "POST")
    assert allowed(refused) is None
    assert "access-control-allow-headers" not in refused.headers


def test_refusals_can_be_read_by_the_page_that_asked(world: World) -> None:
    """401, 403, 404, 405, 406 and 422 alike: an app can tell its person why."""
    app = app_of(world)
    wrong = response(world, questionnaire="https://nobody.example/q|1")
    answers = [
        App(world).get(QR, Origin=LISTED),
        app.get("Task", Origin=LISTED),
        app.get(f"{QR}/none", Origin=LISTED),
        app.ask("DELETE", f"{QR}/none", headers={"Origin": LISTED}),
        app.get(f"{QR}?_format=xml", Origin=LISTED),
        app.post(QR, wrong, Origin=LISTED),
        app.get("Nothing/here", Origin=LISTED),
    ]
    assert [one.status_code for one in answers] == [401, 403, 404, 405, 406, 422, 404]
    assert {allowed(one) for one in answers} == {LISTED}


@pytest.mark.parametrize(
    ("path", "method"),
    [(QR, "POST"), (QR, "GET"), (f"{QR}/1", "PUT"), (f"{QR}/_search", "POST"), ("", "POST")],
)
def test_the_browsers_question_needs_no_token(world: World, path: str, method: str) -> None:
    answer = asked_before(App(world), path, LISTED, method, "authorization,content-type,if-match")
    assert (answer.status_code, allowed(answer), answer.content) == (204, LISTED, b"")
    assert method in words(answer, "access-control-allow-methods")
    assert words(answer, "access-control-allow-headers") >= CONDITIONAL
    assert {"Origin", "Access-Control-Request-Method"} <= words(answer, "vary")


def test_the_methods_told_are_those_of_the_address(world: World) -> None:
    answer = asked_before(App(world), f"{QR}/1", LISTED, "PUT")
    assert words(answer, "access-control-allow-methods") == {"GET", "HEAD", "PUT"}


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "TRACE", "NONSENSE"])
def test_what_an_address_does_not_take_is_not_promised(world: World, method: str) -> None:
    answer = asked_before(App(world), f"{QR}/1", LISTED, method)
    assert allowed(answer) != "*"
    assert "access-control-allow-methods" not in answer.headers


def test_no_answer_ever_lets_a_cookie_through(world: World) -> None:
    for answer in (
        App(world).get("metadata", Origin=LISTED),
        app_of(world).get(QR, Origin=LISTED),
        asked_before(App(world), QR, LISTED),
    ):
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("origin", [LISTED, STRANGE, "null"])
def test_on_every_route_only_who_may_is_told(world: World, origin: str) -> None:
    """T31: each route with each of its methods, and the browser's question before it; a page for people never."""
    asked = 0
    with httpx2.Client(transport=world.browser_network(), trust_env=False) as http:
        for probe in probes(world.app):
            url = JOURNAL + probe.path.format(visit="v", key="k", entry_id="e")
            told = {"Origin": origin, "Access-Control-Request-Method": probe.method}
            for method in (probe.method, "OPTIONS"):
                answer = http.request(method, url, headers=told)
                assert allowed(answer) == _leave(probe, origin), (method, url)
                assert "access-control-allow-credentials" not in answer.headers
                asked += 1
    assert asked > 100


def _leave(probe: Probe, origin: str) -> str | None:
    """Which origin may read what this route answers."""
    if "/fhir" not in probe.path:
        return None
    if probe.policy == "public":
        return "*"
    return LISTED if origin == LISTED and probe.path.startswith(f"/{CLINIC}/fhir") else None


def test_what_fails_here_a_listed_page_can_read_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*told: object, **more: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("service.web.fhir_api.find_responses", breaks)
    answer = app_of(world).get(QR, Origin=LISTED)
    assert (answer.status_code, allowed(answer)) == (500, LISTED)


def test_the_browsers_question_has_a_name_in_the_logs_as_well(world: World) -> None:
    assert asked_before(App(world), QR, LISTED).headers["x-request-id"]


@pytest.mark.parametrize("path", [QR, f"{QR}/x"])
def test_options_without_a_page_behind_it_asks_for_the_token_as_before(world: World, path: str) -> None:
    assert App(world).ask("OPTIONS", path).status_code == 401
    answer = app_of(world, scope="patient/QuestionnaireResponse.crus").ask("OPTIONS", path)
    assert (answer.status_code, answer.content, allowed(answer)) == (200, b"", None)


@pytest.mark.parametrize(
    "origin", ["https://app.example ", "https://tagebücher.example", "https://a b.example"]
)
def test_an_origin_that_no_browser_writes_so_is_refused_at_the_start(
    world_with: WorldWith, origin: str
) -> None:
    with pytest.raises(ClinicsUnreadable, match=r"api\.origins"):
        world_with(TABLE.replace(LISTED, origin))


def test_our_own_pages_are_no_other_pages_business(world: World) -> None:
    visitor = patient(world)
    for path in (visitor.home.url, f"{JOURNAL}/launch", f"{JOURNAL}/health/live"):
        answer = visitor.browser.ask("GET", path, headers={"Origin": LISTED})
        assert allowed(answer) is None


def test_each_clinic_lists_its_own(world: World) -> None:
    answer = app_of(world, clinic=OTHER).get(QR, Origin=LISTED)
    assert (answer.status_code, allowed(answer)) == (200, None)
    assert allowed(asked_before(App(world, clinic=OTHER), QR, LISTED)) is None
    assert allowed(asked_before(App(world, clinic="nowhere"), QR, LISTED)) is None


def test_the_record_systems_notifications_are_for_no_page(world: World) -> None:
    """Their door asks for a secret instead of a token: it is not public in this sense."""
    [rule] = [one.rule for one in world.app.url_map.iter_rules() if one.endpoint.startswith("notifications.")]
    path = rule.replace("<clinic>", CLINIC)
    with httpx2.Client(transport=world.browser_network(), trust_env=False) as http:
        answer = http.post(f"{JOURNAL}{path}", content=b"{}", headers={"Origin": STRANGE})
    assert allowed(answer) is None


def test_the_statement_says_whether_pages_may_call(world: World) -> None:
    def cors(clinic: str) -> bool:
        said: bool = App(world, clinic=clinic).get("metadata").json()["rest"][0]["security"]["cors"]
        return said

    assert (cors(CLINIC), cors(OTHER)) == (True, False)
