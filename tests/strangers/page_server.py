"""The strangers' own web server: their pages, and a FHIR base that is none of the clinic's.

Its origin is another one than the service's, so everything a page asks of the clinic's FHIR base goes through CORS.
"""

import json
import mimetypes
from collections.abc import Callable, Iterable
from pathlib import Path

import httpx2
from werkzeug.wrappers import Request, Response

PAGES = "/strangers"
ELSEWHERE = f"{PAGES}/elsewhere/fhir"

Wsgi = Callable[..., Iterable[bytes]]


def page_server(base: str, pages: Path, http: httpx2.Client) -> Wsgi:
    """The WSGI application with the files of `pages`; the clinic's FHIR base is `base`."""

    @Request.application
    def answer(request: Request) -> Response:
        if request.path == f"{ELSEWHERE}/.well-known/smart-configuration":
            return _discovery_of_elsewhere(base, http)
        return _page(pages, request.path)

    return answer


def _page(pages: Path, path: str) -> Response:
    file = (pages / path.removeprefix(f"{PAGES}/")).resolve()
    if not path.startswith(f"{PAGES}/") or not file.is_file() or pages.resolve() not in file.parents:
        return Response("There is no such page.", 404)
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Response(file.read_bytes(), content_type=f"{kind}; charset=utf-8" if "text" in kind else kind)


def _discovery_of_elsewhere(base: str, http: httpx2.Client) -> Response:
    """What our own base says of the sandbox's server, said by another base: its tokens are made for nobody here."""
    said = http.get(f"{base}/.well-known/smart-configuration").json()
    return Response(json.dumps(said), content_type="application/json")
