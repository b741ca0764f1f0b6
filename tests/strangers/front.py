"""The front server: everything goes on to the service, but for the strangers' own pages below PAGES."""

import json
import mimetypes
from collections.abc import Callable, Iterable
from pathlib import Path

import httpx2
from werkzeug.wrappers import Request, Response

from service.cli.demo_clinic import CLINIC

PAGES = "/strangers"
# Headers that belong to one connection (RFC 9110 section 7.6.1), or that the front writes itself.
_OF_THE_CONNECTION = frozenset(
    (
        *("connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
        *("content-length", "date", "server"),
    )
)
_DISCOVERY = f"{PAGES}/elsewhere/fhir/.well-known/smart-configuration"

Wsgi = Callable[..., Iterable[bytes]]


def front(inner: str, pages: Path, http: httpx2.Client) -> Wsgi:
    """The WSGI application before the service at `inner`, with the files of `pages`."""

    @Request.application
    def answer(request: Request) -> Response:
        if request.path == _DISCOVERY:
            return _discovery_of_elsewhere(inner, http)
        if request.path.startswith(f"{PAGES}/"):
            return _page(pages, request.path.removeprefix(f"{PAGES}/"))
        return _forward(inner, request, http)

    return answer


def _forward(inner: str, request: Request, http: httpx2.Client) -> Response:
    query = f"?{request.query_string.decode('latin-1')}" if request.query_string else ""
    headers = [(k, v) for k, v in request.headers if k.lower() not in _OF_THE_CONNECTION]
    # What the service says is handed on byte for byte: nothing is unpacked on the way.
    with http.stream(
        request.method, f"{inner}{request.path}{query}", headers=headers, content=request.get_data()
    ) as said:
        body = b"".join(said.iter_raw())
        kept = [(k, v) for k, v in said.headers.multi_items() if k.lower() not in _OF_THE_CONNECTION]
        return Response(body, said.status_code, kept)


def _page(pages: Path, name: str) -> Response:
    file = (pages / name).resolve()
    if not file.is_file() or pages.resolve() not in file.parents:
        return Response("There is no such page.", 404)
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Response(file.read_bytes(), content_type=f"{kind}; charset=utf-8" if "text" in kind else kind)


def _discovery_of_elsewhere(inner: str, http: httpx2.Client) -> Response:
    """What our own base says of the sandbox's server, said by another base: its tokens are made for nobody here."""
    said = http.get(f"{inner}/{CLINIC}/fhir/.well-known/smart-configuration").json()
    return Response(json.dumps(said), content_type="application/json")
