"""Patients whose every request is answered by whichever version it meets: signed in by one, saved by the other."""

import json
import random
import re
import threading
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import httpx2

from service.cli.walking import LostTheWay, Page, Walker
from tests.killing.crowd import Told
from tests.strangers.patients import Stranger

_FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Browser(Walker):
    """A browser that can be asked single things, no redirect followed."""

    def ask(self, method: str, url: str, **more: Any) -> httpx2.Response:
        """The answer to one request."""
        return self._http.request(method, url, **more)


class EitherVersion(httpx2.BaseTransport):
    """The way to the public address leads to one of these ports, by chance; every other way leads where it says."""

    def __init__(self, public: int, ports: Sequence[int], chance: random.Random) -> None:
        self.ports, self.served = ports, Counter[int]()
        self._public, self._chance = public, chance
        self._wire = httpx2.HTTPTransport(trust_env=False)

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.port == self._public and request.url.host == "127.0.0.1":
            port = self._chance.choice(self.ports)
            self.served[port] += 1
            return self._wire.handle_request(_to(request, port))
        return self._wire.handle_request(request)

    def close(self) -> None:
        self._wire.close()


def _to(request: httpx2.Request, port: int) -> httpx2.Request:
    """The same request by this port; its Host header stays as it is."""
    url = request.url.copy_with(port=port)
    return httpx2.Request(
        request.method, url, headers=request.headers, stream=request.stream, extensions=request.extensions
    )


@dataclass
class Stories:
    """What all the patients met: each entry that was acknowledged, requests by port, and what went wrong."""

    sandbox_url: str
    entries: list[Told] = field(default_factory=list)
    served: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, patient: Stranger, ordinals: Sequence[int], way: EitherVersion) -> None:
        """The patient signs in and writes of these infusions, one after the other."""
        with closing(Browser(way)) as walker:
            try:
                home = self._signed_in(walker, patient)
                for ordinal in ordinals:
                    self._written(walker, home, Told(patient, ordinal, str(uuid4())))
            except (LostTheWay, httpx2.HTTPError, _Unexpected) as error:
                with self._turn:
                    self.failures.append(f"{patient.id}: {error!r}")
        with self._turn:
            self.served += way.served

    def _signed_in(self, walker: Browser, patient: Stranger) -> Page:
        page = walker.open(f"{self.sandbox_url}/sign-in?next=/portal/")
        page = walker.press(page, patient.name, person=f"Patient/{patient.id}")
        home = walker.press(page, "Open Infusion Journal")
        _expect(home.status == 200 and "/journal/" in home.url, f"signing in led to {home.status} {home.url}")
        return home

    def _written(self, walker: Browser, home: Page, told: Told) -> None:
        found = re.search(r'name="csrf" content="([^"]+)"', home.text)
        _expect(found is not None, "a home without a form token")
        csrf = found[1] if found else ""
        told.words = f"word{told.key[:8]}end"

        def post(path: str, **fields: str) -> httpx2.Response:
            content = urlencode({"csrf": csrf} | fields)
            return walker.ask("POST", home.url + path, content=content, headers=_FORM)

        entry = f"entry/{told.key}"
        _told(post("begin", key=told.key, encounter=told.patient.encounter(told.ordinal)), 303)
        for revision, words in ((1, "first words"), (2, told.words)):
            typed = {"linkId": f"ai{told.ordinal}.1", "text": words}
            body = json.dumps({"revision": revision, "answers": [typed]})
            headers = {"Content-Type": "application/json", "X-CSRF": csrf}
            _told(walker.ask("PUT", f"{home.url}{entry}/draft", content=body, headers=headers), 200)
        _expect(
            told.words in walker.ask("GET", f"{home.url}{entry}/check").text, "what was saved is not shown"
        )
        _told(post(f"{entry}/send", revision="3"), 303)
        with self._turn:
            self.entries.append(told)
        _told(walker.ask("GET", f"{home.url}{entry}/receipt"), 200)


class _Unexpected(Exception):
    """An answer that a patient would not have expected."""


def _told(answer: httpx2.Response, status: int) -> None:
    _expect(answer.status_code == status, f"{answer.request.method} {answer.url} was {answer.status_code}")


def _expect(is_so: bool, otherwise: str) -> None:
    if not is_so:
        raise _Unexpected(otherwise)
