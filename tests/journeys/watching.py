"""What a browser did meanwhile: where its requests went, and what it complained about.

A page may look right and yet have called another host or broken its own content policy; so every context of a
journey is watched, and the journey ends by asking.
"""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

OUR_HOSTS = frozenset({"127.0.0.1", "localhost"})
_WITHOUT_HOST = frozenset({"data", "blob", "about"})


class Watch:
    """Notes requests to other hosts, console errors (a broken content policy is one) and uncaught exceptions."""

    def __init__(self) -> None:
        self.strange_requests: list[str] = []
        self._complaints: list[str] = []
        self._expected: list[str] = []

    def over(self, context: BrowserContext) -> None:
        """Watch every page of this context from now on."""
        context.on("request", self._requested)
        context.on("console", self._said)
        context.on("weberror", self._threw)

    def expects(self, words: str) -> None:
        """A complaint with these words belongs to the story, as when the network is switched off."""
        self._expected.append(words)

    @property
    def complaints(self) -> list[str]:
        """What nobody expected."""
        return [one for one in self._complaints if not any(words in one for words in self._expected)]

    def _requested(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.hostname not in OUR_HOSTS and address.scheme not in _WITHOUT_HOST:
            self.strange_requests.append(request.url)

    def _said(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._complaints.append(f"{message.text} at {message.location.get('url', '')}")

    def _threw(self, thrown: WebError) -> None:
        self._complaints.append(f"uncaught: {thrown.error}")
