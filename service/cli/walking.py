"""Somebody at a browser without a screen: follows links and redirects, fills forms, presses buttons, over real HTTP."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlencode, urljoin

import httpx2

MOST_REDIRECTS = 20


class LostTheWay(RuntimeError):
    """A page was not what a person would have expected there; the text says which."""


@dataclass
class Form:
    """A form of a page: where it goes, what it sends by itself, and its buttons (name, value, words)."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass
class Page:
    """What came back: where we stand, the status, the words, the forms."""

    url: str
    status: int
    text: str
    forms: list[Form]


class Walker:
    """A person with a cookie jar of their own. Secure cookies go over plain http, as browsers do on this machine.

    `transport` is the way to the servers where it is not the network.
    """

    def __init__(self, transport: httpx2.BaseTransport | None = None) -> None:
        self.jar = CookieJar(policy=DefaultCookiePolicy(secure_protocols=("http", "https")))
        self._http = httpx2.Client(cookies=self.jar, transport=transport, trust_env=False, timeout=30.0)

    def close(self) -> None:
        """Close the browser."""
        self._http.close()

    def open(self, url: str) -> Page:
        """Go to an address, through every redirect."""
        return self._follow(self._http.get(url))

    def press(self, page: Page, words: str = "", *, action: str = "", **filled: str) -> Page:
        """Press the button with these words (or any) in the form that leads to `action`, with fields filled in."""
        form, button = _find(page, words, action)
        given = form.fields | ({button[0]: button[1]} if button[0] else {}) | filled
        url = urljoin(page.url, form.action)
        if form.method == "get":
            return self._follow(self._http.get(f"{url}?{urlencode(given)}"))
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        return self._follow(self._http.post(url, content=urlencode(given), headers=headers))

    def way_back(self, url: str, stop_at: str) -> str:
        """Walk redirects until one leads to `stop_at`; that address, with its query, unvisited."""
        return self._walk(self._http.get(url), stop_at)[1]

    def _follow(self, response: httpx2.Response) -> Page:
        response, _ = self._walk(response, None)
        reader = _Forms()
        reader.feed(response.text if "html" in response.headers.get("content-type", "") else "")
        return Page(str(response.url), response.status_code, response.text, reader.forms)

    def _walk(self, response: httpx2.Response, stop_at: str | None) -> tuple[httpx2.Response, str]:
        for _ in range(MOST_REDIRECTS):
            if response.status_code not in (301, 302, 303, 307, 308):
                break
            target = urljoin(str(response.url), response.headers["location"])
            if stop_at is not None and target.startswith(stop_at):
                return response, target
            response = self._http.get(target)
        if stop_at is not None:
            raise LostTheWay(f"{response.status_code} at {response.url.path} instead of the way back")
        return response, str(response.url)


def _find(page: Page, words: str, action: str) -> tuple[Form, tuple[str, str, str]]:
    for form in page.forms:
        for button in form.buttons:
            if words.casefold() in button[2].casefold() and action in form.action:
                return form, button
    raise LostTheWay(f"no button “{words}” at {page.url} ({page.status})")


class _Forms(HTMLParser):
    """Collects the forms of a page, with what their fields and text areas hold."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._inside = False
        self._area: str | None = None
        self._button: tuple[str, str, str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note what a form is made of."""
        found = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._inside = True
            self.forms.append(Form(found.get("action", ""), found.get("method", "get").lower()))
        elif not self._inside:
            return
        elif tag == "input" and (found.get("type") not in ("checkbox", "radio") or "checked" in found):
            self.forms[-1].fields[found.get("name", "")] = found.get("value", "")
        elif tag == "textarea":
            self._area = found.get("name", "")
            self.forms[-1].fields[self._area] = ""
        elif tag == "button" and found.get("type") != "button":
            self._button = (found.get("name", ""), found.get("value", ""), "")

    def handle_data(self, data: str) -> None:
        """The words of a text area or a button."""
        if self._area is not None:
            self.forms[-1].fields[self._area] += data
        elif self._button is not None:
            self._button = (*self._button[:2], self._button[2] + data)

    def handle_endtag(self, tag: str) -> None:
        """A text area's first line break belongs to the mark-up, not to the words (HTML, textarea)."""
        if tag == "textarea" and self._area is not None:
            self.forms[-1].fields[self._area] = self.forms[-1].fields[self._area].removeprefix("\n")
            self._area = None
        elif tag == "button" and self._button is not None:
            self.forms[-1].buttons.append(self._button)
            self._button = None
        elif tag == "form":
            self._inside = False
