"""WebKit, as GTK's programs embed it, driven by the W3C WebDriver protocol on a screen that nobody sees."""

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.loopback import free_port

_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the protocol's own name for a reference to an element
_PATIENCE = 20.0


class NotThere(RuntimeError):
    """What a person would have found on the page is not there."""


@dataclass(frozen=True, slots=True)
class Window:
    """One browser with one window."""

    http: httpx2.Client
    session: str

    def opens(self, url: str) -> None:
        """Go to this address."""
        self._post("url", {"url": url})

    def reloads(self) -> None:
        """Ask for the page again."""
        self._post("refresh", {})

    def presses(self, css: str) -> None:
        """Press what is there, or will be in a moment, and be where it leads."""
        self._do(css, "click", {})

    def types(self, css: str, words: str) -> None:
        """Type these words into the field."""
        self._do(css, "value", {"text": words})

    def holds(self, css: str, words: str) -> None:
        """The field comes to hold these words; NotThere where it does not."""
        self._comes_to(lambda: self._get(f"element/{self._find(css)}/property/value") == words, words, css)

    def words(self, css: str) -> str:
        """The words of what is there, as a person reads them."""
        return str(self._get(f"element/{self._find(css)}/text"))

    def sees(self, css: str, words: str) -> None:
        """These words come to stand there; NotThere where they do not."""
        self._comes_to(lambda: words in self.words(css), words, css)

    def enters_frame(self, css: str) -> None:
        """Look into this frame from now on."""
        self._post("frame", {"id": {_ELEMENT: self._find(css)}})

    def goes_back(self) -> None:
        """The browser's own Back."""
        self._post("back", {})

    @property
    def source(self) -> str:
        """The page as the browser has it now."""
        return str(self._get("source"))

    def _do(self, css: str, what: str, body: dict[str, Any]) -> None:
        """Do this to what is there; once more where the page changed between finding it and doing so."""
        until = time.monotonic() + _PATIENCE
        while True:
            try:
                self._post(f"element/{self._find(css)}/{what}", body)
            except httpx2.HTTPStatusError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
            else:
                return

    def _comes_to(self, is_so: Callable[[], bool], words: str, css: str) -> None:
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            try:
                if is_so():
                    return
            except httpx2.HTTPStatusError:
                pass  # the page went while it was read
            time.sleep(0.1)
        raise NotThere(f"{words!r} is not in {css}: {self.source[:500]}")

    def _find(self, css: str) -> str:
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            said = self.http.post(
                f"/session/{self.session}/element", json={"using": "css selector", "value": css}
            )
            if said.status_code == 200:
                return str(said.json()["value"][_ELEMENT])
            time.sleep(0.1)
        raise NotThere(f"no {css} in {self._get('url')}: {self.source[:500]}")

    def _post(self, path: str, body: dict[str, Any]) -> None:
        self.http.post(f"/session/{self.session}/{path}", json=body).raise_for_status()

    def _get(self, path: str) -> object:
        answer = self.http.get(f"/session/{self.session}/{path}").raise_for_status()
        return answer.json()["value"]


class WebKit:
    """The driver, which opens browsers."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http

    @contextmanager
    def window(self, *, scripts: bool = True) -> Iterator[Window]:
        """A browser with nothing in it, ended afterwards. It takes no cookie of a third party: that is its default."""
        arguments = ["--automation", *([] if scripts else ["--enable-javascript=false"])]
        wanted = {"acceptInsecureCerts": True, "webkitgtk:browserOptions": {"args": arguments}}
        began = self._http.post("/session", json={"capabilities": {"alwaysMatch": wanted}}).raise_for_status()
        session = began.json()["value"]["sessionId"]
        try:
            yield Window(self._http, session)
        finally:
            self._http.delete(f"/session/{session}")


@contextmanager
def webkit() -> Iterator[WebKit]:
    """A driver on a screen of its own."""
    with ExitStack() as ending:
        home = ending.enter_context(tempfile.TemporaryDirectory(prefix="webkit-"))
        screen = ending.enter_context(_screen())
        port = free_port()
        environment = os.environ | {
            "DISPLAY": screen,
            "HOME": home,
            "XDG_RUNTIME_DIR": home,
            "WEBKIT_DISABLE_COMPOSITING_MODE": "1",
            "LIBGL_ALWAYS_SOFTWARE": "1",
        }
        command = ["WebKitWebDriver", f"--port={port}", "--host=127.0.0.1"]
        ending.enter_context(_running(command, environment))
        http = httpx2.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60.0)
        ending.callback(http.close)
        _until_listening(http)
        yield WebKit(http)


@contextmanager
def _screen() -> Iterator[str]:
    """A screen in memory; it chooses its own number and says which."""
    ours, theirs = os.pipe()
    command = ["Xvfb", "-displayfd", str(theirs), "-screen", "0", "1024x768x24", "-nolisten", "tcp"]
    screen = subprocess.Popen(
        command, pass_fds=(theirs,), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    os.close(theirs)
    with os.fdopen(ours) as told:
        number = told.readline().strip()
    if not number:
        screen.wait(10)
        raise RuntimeError("there is no screen in memory")
    try:
        yield f":{number}"
    finally:
        screen.terminate()
        screen.wait(10)


@contextmanager
def _running(command: list[str], environment: dict[str, str]) -> Iterator[None]:
    process = subprocess.Popen(
        command,
        env=environment,
        cwd=Path(environment["HOME"]),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


def _until_listening(http: httpx2.Client) -> None:
    until = time.monotonic() + _PATIENCE
    while time.monotonic() < until:
        try:
            http.get("/status")
        except httpx2.HTTPError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the driver does not listen")
