"""What browsers and logs get to see of a world, and which secrets passed on the wire behind it (threat T22)."""

import json
import re
from collections.abc import Callable, Iterable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import httpx2

from tests.world import Meddler, World

_SECRETS = ("access_token", "refresh_token", "id_token")
_SENT = ("code", "code_verifier", "refresh_token", "client_assertion", "token")
# What the address of the way back holds, the browser brought itself.
_LONG_ENOUGH = 16


@dataclass
class Overheard:
    """Every byte that left the service for browsers and apps, every line of its log, every secret on the wire."""

    told: bytearray = field(default_factory=bytearray)
    lines: list[MutableMapping[str, Any]] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)

    def markers_in_output(self) -> list[str]:
        """The secrets that left in any answer or stand in any line of the log, by their first letters."""
        said = bytes(self.told) + json.dumps(self.lines, default=repr).encode()
        return sorted(one[:6] for one in self.secrets if one.encode() in said)


def listen(world: World, overheard: Overheard) -> None:
    """Hear what the service says from now on, bodies and headers."""
    inner = world.app.wsgi_app

    def hear(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        def start(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            overheard.told += f"{status} {headers}".encode()
            return start_response(status, headers, *more)

        for chunk in inner(environ, start):
            overheard.told += chunk
            yield chunk

    world.app.wsgi_app = hear  # type: ignore[method-assign]


def noting(overheard: Overheard, meddler: Meddler | None = None) -> Meddler:
    """Keep each secret that goes to or comes from the token endpoint; another meddler may stand behind."""

    def note(request: httpx2.Request, carry: Callable[[], httpx2.Response]) -> httpx2.Response:
        answer = meddler(request, carry) if meddler else carry()
        if "/auth/" in request.url.path:
            answer.read()
            sent = parse_qs(request.content.decode())
            overheard.secrets |= {value for name in _SENT for value in sent.get(name, ()) if _is_long(value)}
            overheard.secrets |= _in_answer(answer.content)
            kept = {name: value for name, value in answer.headers.items() if name != "content-encoding"}
            return httpx2.Response(answer.status_code, headers=kept, stream=httpx2.ByteStream(answer.content))
        return answer

    return note


def _in_answer(body: bytes) -> set[str]:
    found = re.findall(rb'"(%s)": ?"([^"]+)"' % "|".join(_SECRETS).encode(), body)
    return {value.decode() for _, value in found if _is_long(value.decode())}


def _is_long(value: str) -> bool:
    return len(value) >= _LONG_ENOUGH
