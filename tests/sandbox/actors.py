"""The people of these tests: somebody at a browser in front of the sandbox, and an app that speaks SMART with it."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from html.parser import HTMLParser
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from wsgiref.types import WSGIApplication

import httpx2
from joserfc import jwt

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@dataclass
class Form:
    """A form of a page: where it goes, what it sends by itself, and the buttons it has."""

    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: list[tuple[str, str]] = field(default_factory=list)


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(found.get("action", "")))
        elif tag == "input" and (found.get("type") != "checkbox" or "checked" in found):
            self.forms[-1].fields.append((found["name"], found.get("value", "")))
        elif tag == "button" and self.forms:
            self.forms[-1].buttons.append((found.get("name", ""), found.get("value", "")))


def forms(page: httpx2.Response) -> list[Form]:
    reader = _Forms()
    reader.feed(page.text)
    return reader.forms


def query(address: str) -> dict[str, str]:
    """The parameters of an address, such as the redirect that carries a code."""
    return dict(parse_qsl(urlsplit(address).query, keep_blank_values=True))


class Visitor:
    """Somebody at a browser. Redirects are followed within the sandbox; where they lead out, the answer is kept."""

    def __init__(self, app: WSGIApplication, base_url: str, jar: CookieJar | None = None) -> None:
        # The jar must send Secure cookies over plain http, as browsers do on this computer's own addresses.
        self.jar = jar or CookieJar(policy=DefaultCookiePolicy(secure_protocols=("http", "https")))
        self.base_url = base_url
        self.http = httpx2.Client(
            transport=httpx2.WSGITransport(app=app), base_url=base_url, cookies=self.jar
        )

    def open(self, address: str) -> httpx2.Response:
        return self._follow(self.http.get(address))

    def send(self, form: Form, **more: str | list[str]) -> httpx2.Response:
        """Send a form as it stands, with some fields put differently."""
        kept = [(name, value) for name, value in form.fields if name not in more]
        said = [(k, one) for k, v in more.items() for one in ([v] if isinstance(v, str) else v)]
        content = urlencode(kept + said)
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._follow(self.http.post(form.action, content=content, headers=headers))

    def press(self, page: httpx2.Response, name: str, value: str, **more: str | list[str]) -> httpx2.Response:
        """Press the button of that name and value."""
        form = next(form for form in forms(page) if (name, value) in form.buttons)
        return self.send(form, **{**more, name: value})

    def sign_in(self, reference: str) -> httpx2.Response:
        return self.press(self.open("/sign-in"), "person", reference)

    def launch_from_portal(self, client_id: str) -> str:
        """Press the app's button in the portal; the answer is the launch URL that the browser is sent to."""
        page = self.open("/portal/")
        form = next(form for form in forms(page) if ("app", client_id) in form.fields)
        return self.send(form).headers["Location"]

    def launch_from_chart(self, client_id: str, patient: str, encounter: str = "") -> str:
        page = self.open(f"/chart/{patient}")
        form = next(form for form in forms(page) if ("app", client_id) in form.fields)
        return self.send(form, encounter=encounter).headers["Location"]

    def _follow(self, answer: httpx2.Response) -> httpx2.Response:
        while answer.is_redirect:
            target = str(httpx2.URL(f"{self.base_url}/").join(answer.headers["Location"]))
            if not target.startswith(f"{self.base_url}/"):
                return answer
            answer = self.http.get(target)
        return answer


@dataclass
class SmartApp:
    """An app as a stranger would write it: it knows its own registration and what discovery told it."""

    http: httpx2.Client
    base_url: str
    client_id: str
    redirect_uri: str
    scope: str
    key: Any = None
    secret: str | None = None
    clock: Any = None
    verifier: str = ""
    state: str = ""

    @property
    def fhir(self) -> str:
        return f"{self.base_url}/fhir"

    def parameters(self, **different: str | None) -> dict[str, str]:
        """The parameters of a right authorize request; None takes one away."""
        self.verifier, self.state = secrets.token_urlsafe(48), secrets.token_urlsafe(24)
        right: dict[str, str | None] = {
            "response_type": "code",
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "scope": self.scope,
            "state": self.state,
            "aud": self.fhir,
            "nonce": "a-nonce",
            "code_challenge": s256(self.verifier),
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (right | different).items() if value is not None}

    def authorize_address(self, **different: str | None) -> str:
        return f"{self.base_url}/auth/authorize?{urlencode(self.parameters(**different))}"

    def code(self, visitor: Visitor, **different: str | None) -> str:
        """Go through an authorize request that asks nothing of the visitor, and take the code."""
        answer = visitor.open(self.authorize_address(**different))
        back = query(answer.headers["Location"])
        assert back["state"] == self.state
        return back["code"]

    def exchange(self, code: str, /, **different: str | None) -> httpx2.Response:
        right: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }
        return self.ask_token(right | different)

    def refresh(self, token: str, /, **different: str | None) -> httpx2.Response:
        right: dict[str, str | None] = {"grant_type": "refresh_token", "refresh_token": token}
        return self.ask_token(right | different)

    def ask_token(self, form: dict[str, str | None]) -> httpx2.Response:
        if self.key is not None:
            form = {**self.proof(), **form}
        elif self.secret is None:
            form = {"client_id": self.client_id, **form}
        basic = (self.client_id, self.secret) if self.secret is not None else None
        data = {name: value for name, value in form.items() if value is not None}
        return self.http.post(f"{self.base_url}/auth/token", data=data, auth=basic)

    def proof(self, **different: Any) -> dict[str, str | None]:
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": self.assertion(**different)}

    def assertion(
        self, header: dict[str, Any] | None = None, key: Any = None, algorithm: str = "", **claims: Any
    ) -> str:
        """A signed assertion as SMART wants it; claims, header or key can be put differently, None takes away."""
        now = int(self.clock().timestamp())
        right = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": f"{self.base_url}/auth/token",
            "exp": now + 300,
            "jti": secrets.token_hex(16),
        }
        kept = {name: value for name, value in (right | claims).items() if value is not None}
        alg = algorithm or ("ES384" if self.key.key_type == "EC" else "RS384")
        full = {"alg": alg, "kid": self.key.kid, "typ": "JWT"} | (header or {})
        shown = {name: value for name, value in full.items() if value is not None}
        return jwt.encode(shown, kept, key or self.key, algorithms=[alg], default_type=None)

    def read(self, path: str, token: str) -> httpx2.Response:
        return self.http.get(f"{self.fhir}/{path}", headers={"Authorization": f"Bearer {token}"})


def s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


@dataclass
class Clock:
    """The time as the test says it is."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now
