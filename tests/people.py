"""The people of the world: who opens our pages through a launch, and the apps that speak FHIR with us.

Their methods say what a person does. What they get back is the plain answer, so that tests can look at all of it.
"""

import json
import re
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin
from uuid import uuid4

import httpx2
from joserfc import jwt
from joserfc.jwk import ECKey

from service.cli.demo_clinic import CLINIC
from service.cli.walking import Page, Walker
from tests.world import HOMES, JOURNAL, World

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
FHIR_JSON = {"Content-Type": "application/fhir+json"}


class Browser(Walker):
    """Somebody's browser: walks like a person, and asks single things when a test wants to see the answer."""

    def __init__(self, world: World) -> None:
        super().__init__(world.browser_network())
        world.closing.callback(self.close)

    def ask(self, method: str, url: str, **more: Any) -> httpx2.Response:
        """One request, no redirect followed."""
        return self._http.request(method, url, **more)

    def read(self, answer: httpx2.Response) -> Page:
        """An answer as a page with forms to press."""
        return self._follow(answer)


@dataclass
class Visitor:
    """Somebody signed in at a page of ours; `home` is where the launch led."""

    world: World
    browser: Browser
    home: Page

    @property
    def handle(self) -> str:
        """The visit's name in the path."""
        return self.home.url.split("/")[4]

    @property
    def csrf(self) -> str:
        found = re.search(r'<meta name="csrf" content="([^"]+)"', self.home.text)
        assert found is not None, self.home.text
        return found[1]

    def url(self, path: str = "") -> str:
        return urljoin(self.home.url, path)

    def get(self, path: str = "") -> httpx2.Response:
        return self.browser.ask("GET", self.url(path))

    def post(self, path: str, /, headers: dict[str, str] | None = None, **fields: str) -> httpx2.Response:
        """A form of ours, sent; the form's own secret is added unless the test names one."""
        content = urlencode({"csrf": self.csrf} | fields)
        return self.browser.ask("POST", self.url(path), content=content, headers=FORM | (headers or {}))

    def put(self, path: str, body: object, **headers: str) -> httpx2.Response:
        """What the page's script sends; bytes go as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        asked = {"Content-Type": "application/json", "X-CSRF": self.csrf} | headers
        return self.browser.ask("PUT", self.url(path), content=raw, headers=asked)


def _answers(words: dict[str, str], private: tuple[str, ...]) -> list[dict[str, object]]:
    return [{"linkId": one, "text": text, "private": one in private} for one, text in words.items()]


class Patient(Visitor):
    """A patient on their pages."""

    def begin(self, encounter: str, key: str | None = None) -> str:
        """Start writing after this infusion; the key of the entry."""
        answer = self.post("begin", key=key or str(uuid4()), encounter=encounter)
        assert answer.status_code == 303, answer.text
        return answer.headers["location"].split("/")[4]

    def type(
        self,
        key: str,
        revision: int,
        words: dict[str, str],
        private: tuple[str, ...] = (),
        seen: dict[str, str] | None = None,
    ) -> httpx2.Response:
        """Words as the page saves them by itself; made again, with what it shows beside them."""
        body: dict[str, object] = {"revision": revision, "answers": _answers(words, private)}
        return self.put(f"entry/{key}/draft", body if seen is None else body | {"seen": _answers(seen, ())})

    def send(self, key: str, revision: int) -> httpx2.Response:
        return self.post(f"entry/{key}/send", revision=str(revision))

    def write(self, encounter: str, words: dict[str, str], private: tuple[str, ...] = ()) -> str:
        """Begin, write and send; the key of the entry."""
        key = self.begin(encounter)
        saved = self.type(key, 1, words, private)
        assert saved.status_code == 200, saved.text
        sent = self.send(key, saved.json()["revision"])
        assert sent.status_code == 303, sent.text
        return key


class Clinician(Visitor):
    """A clinician with one patient's chart."""


class Officer(Visitor):
    """A compliance officer at the log."""


def sign_in(world: World, person: str, then: str, clinic: str = CLINIC) -> tuple[Browser, Page]:
    """Somebody chooses who they are at the record system."""
    browser, home = Browser(world), HOMES[clinic]
    page = browser.open(f"{home}/sign-in?next={then}")
    words = next(b[2] for form in page.forms for b in form.buttons if b[:2] == ("person", person))
    return browser, browser.press(page, words, person=person)


def patient(world: World, name: str = "patient-six-done", clinic: str = CLINIC) -> Patient:
    """A patient who opened the journal from the portal."""
    browser, page = sign_in(world, f"Patient/{name}", "/portal/", clinic)
    return Patient(world, browser, arrived(browser.press(page, "Open Infusion Journal")))


def clinician(
    world: World, chart: str = "patient-six-done", name: str = "clinician-1", clinic: str = CLINIC
) -> Clinician:
    """A clinician who opened the journal from a patient's chart."""
    browser, _ = sign_in(world, f"Practitioner/{name}", "/chart", clinic)
    page = browser.open(f"{HOMES[clinic]}/chart/{chart}")
    return Clinician(world, browser, arrived(browser.press(page, "Open Infusion Journal in a new tab")))


def officer(world: World, clinic: str = CLINIC) -> Officer:
    """The officer who opened the access log."""
    browser, page = sign_in(world, "Practitioner/officer-1", "/staff", clinic)
    return Officer(world, browser, arrived(browser.press(page, "Open in a new tab")))


def each_visitor(world: World) -> dict[str, Visitor]:
    """One person of each kind, signed in, by the name of the policy that lets them in."""
    return {
        "patient-page": patient(world),
        "clinician-page": clinician(world),
        "officer-page": officer(world),
    }


def arrived(page: Page) -> Page:
    """The page, which must be one of ours and all right."""
    assert page.status == 200, (page.url, page.text[:2000])
    assert page.url.startswith(JOURNAL), page.url
    return page


@dataclass
class App:
    """Software that speaks FHIR with us; `token` is what it shows, None for nothing."""

    world: World
    token: str | None = None
    clinic: str = CLINIC

    def ask(self, method: str, path: str, **more: Any) -> httpx2.Response:
        shown = {"Authorization": f"Bearer {self.token}"} if self.token is not None else {}
        headers = shown | more.pop("headers", {})
        with httpx2.Client(transport=self.world.browser_network(), trust_env=False) as http:
            return http.request(method, f"{JOURNAL}/{self.clinic}/fhir/{path}", headers=headers, **more)

    def get(self, path: str, **headers: str) -> httpx2.Response:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, body: object, **headers: str) -> httpx2.Response:
        """A resource, sent; bytes go as they are."""
        raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
        return self.ask("POST", path, content=raw, headers=FHIR_JSON | headers)


def signed_token(
    world: World,
    clinic: str = CLINIC,
    header: dict[str, Any] | None = None,
    key: ECKey | None = None,
    **claims: Any,
) -> str:
    """A token signed by the clinic's own authorization server, or by `key`: a patient's, unless claims say otherwise.

    None takes a claim away. This is how a server that grants something odd would do it.
    """
    home, key = HOMES[clinic], key or world.sandboxes[clinic].parts.tokens.keys.access
    now = int(world.clock().timestamp())
    right = {
        "iss": home,
        "sub": "somebody",
        "aud": f"{JOURNAL}/{clinic}/fhir",
        "iat": now,
        "exp": now + 600,
        "jti": secrets.token_hex(8),
        "client_id": "diary-app",
        "scope": "patient/QuestionnaireResponse.crs",
        "patient": "patient-six-done",
        "fhirUser": f"{home}/fhir/Patient/patient-six-done",
    }
    kept = {name: value for name, value in (right | claims).items() if value is not None}
    shown = {"alg": "ES256", "typ": "at+jwt", "kid": key.kid} | (header or {})
    return jwt.encode(shown, kept, key, algorithms=["ES256"])


def app_of(world: World, name: str = "patient-six-done", clinic: str = CLINIC, **claims: Any) -> App:
    """A patient's own app with a good token."""
    person = f"{HOMES[clinic]}/fhir/Patient/{name}"
    return App(world, signed_token(world, clinic, patient=name, fhirUser=person, **claims), clinic)


def staff_app(world: World, name: str = "clinician-1", chart: str | None = None, **claims: Any) -> App:
    """A clinician's tool: with a chart open, or without."""
    said = {"scope": "user/QuestionnaireResponse.rs", "client_id": "ward-tool"} | claims
    person = f"{HOMES[CLINIC]}/fhir/Practitioner/{name}"
    return App(world, signed_token(world, patient=chart, fhirUser=person, **said))


def backend_app(world: World, **claims: Any) -> App:
    """A service with a system token for our base."""
    said = {"scope": "system/QuestionnaireResponse.rs", "client_id": "registry"} | claims
    return App(world, signed_token(world, patient=None, fhirUser=None, **said))
