"""One record system's FHIR server: addresses built from checked ids, answers read with care, failures named.

Only addresses at or below the base are ever called, so the token goes nowhere else (SMART A-15, D-15; threat T41).
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urljoin

import httpx2

from service.ehr.problems import Ambiguous, RateLimited, Refused, Unreachable, Unreadable
from service.smart.addresses import lies_within
from service.smart.clocks import OtherClock
from service.smart.exchange import MEBIBYTE, Answer, ExchangeFailed, Limits, send
from service.smart.fhir_id import is_id, is_type
from service.smart.strict_json import NotStrict

FHIR_JSON = "application/fhir+json"
MOST_RESOURCES = 5000
_SMALLEST_PAGE = 50  # a search that needs more pages than this makes of its most matches does not end
_NOT_MODIFIED = 304
_ETAG = re.compile(r'(W/)?"[\x21\x23-\x7e]{1,200}"')
_CODE = re.compile(r"[a-z][a-z-]{0,40}")
_EXPRESSION = re.compile(r"[A-Za-z][A-Za-z0-9_.\[\]]{0,120}")
_MOST_ISSUES = 20
# Beyond 5xx: a redirect may come after the deed, and 408 says that somebody in between gave up (F20, C3).
_UNCERTAIN = frozenset({408, *range(300, 400)})


@dataclass(frozen=True, slots=True)
class Written:
    """What a record system said to a write. `id` and `version` only where they are proven by address or body."""

    status: int
    id: str | None
    version: str | None
    resource: dict[str, Any] | None


class RecordSystem:
    """The FHIR server at `base`, called with the tokens that `token` gives.

    `renew` is told of a token that was refused with 401 or 403; after 401 a call is tried once more if `token` gives
    another.
    `deadline_seconds` bounds each request as a whole. `clock` is told of the Date of each answer (F23).
    """

    def __init__(
        self,
        base: str,
        http: httpx2.Client,
        token: Callable[[], str],
        deadline_seconds: float = 20.0,
        *,
        renew: Callable[[str], None] | None = None,
        clock: OtherClock | None = None,
        max_bytes: int = 16 * MEBIBYTE,
    ) -> None:
        self.base = base.rstrip("/")
        self._http = http
        self._token = token
        self._renew = renew
        self._clock = clock
        self._limits = Limits(seconds=deadline_seconds, max_bytes=max_bytes)

    def sign_in(self) -> None:
        """Have a token ready for what follows; SmartProblem where there is none to be had."""
        self._token()

    def read(self, resource_type: str, resource_id: str) -> dict[str, Any] | None:
        """One resource, or None where the record system has none; Unreachable, Refused, RateLimited, Unreadable."""
        answer = self._ask(self._address(resource_type, resource_id))
        if answer.status in (404, 410):
            return None
        resource = _resource(_good(answer))
        if resource.get("resourceType") != resource_type or resource.get("id") != resource_id:
            raise Unreadable("another-resource")
        return resource

    def search(
        self, resource_type: str, params: Mapping[str, str], *, most: int = MOST_RESOURCES
    ) -> Iterator[dict[str, Any]]:
        """Every match of a search, page by page; only `next` links inside the base are followed.

        Entries of another type are passed over; beyond `most` matches it is Unreadable. Unreachable, Refused,
        RateLimited, Unreadable.
        """
        url = self._query(resource_type, params)
        yield from self._from(resource_type, url, _bundle(self._ask(url)), most)

    def search_if_changed(
        self, resource_type: str, params: Mapping[str, str], etag: str | None
    ) -> tuple[list[dict[str, Any]] | None, str | None]:
        """Every match and the answer's ETag, or None and `etag` where nothing changed since that ETag was given.

        There is no ETag for what takes several pages: it would speak of the first one alone. The failures of search.
        """
        url = self._query(resource_type, params)
        answer = self._ask(url, etag)
        if answer.status == _NOT_MODIFIED:
            return None, etag
        bundle = _bundle(answer)
        is_whole = self._next(bundle, url) is None
        found = list(self._from(resource_type, url, bundle, MOST_RESOURCES))
        return found, _etag(answer) if is_whole else None

    def create(
        self,
        resource_type: str,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        may_repeat: Callable[[], bool] = lambda: True,
    ) -> Written:
        """POST a new resource; Unreachable (never sent), Refused, RateLimited, Ambiguous.

        Repeated once with a new token after a 401, if `may_repeat` then says so; Unreachable where it does not.
        """
        address = self._address(resource_type)
        return self._write("POST", address, resource_type, body, headers or {}, may_repeat)

    def update(
        self,
        resource_type: str,
        resource_id: str,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        may_repeat: Callable[[], bool] = lambda: True,
    ) -> Written:
        """PUT a resource at its id; the same failures as create."""
        address = self._address(resource_type, resource_id)
        written = self._write("PUT", address, resource_type, body, headers or {}, may_repeat)
        if written.id not in (None, resource_id):
            raise Ambiguous("another-id")
        return Written(written.status, resource_id, written.version, written.resource)

    def capabilities(self) -> dict[str, Any]:
        """The CapabilityStatement, as JSON; the failures of read."""
        statement = _resource(_good(self._ask(f"{self.base}/metadata")))
        if statement.get("resourceType") != "CapabilityStatement":
            raise Unreadable("another-resource")
        return statement

    def _address(self, resource_type: str, resource_id: str | None = None) -> str:
        if not is_type(resource_type) or not (resource_id is None or is_id(resource_id)):
            raise ValueError("neither a resource type nor an id can look like this")
        return "/".join(part for part in (self.base, resource_type, resource_id) if part is not None)

    def _query(self, resource_type: str, params: Mapping[str, str]) -> str:
        return f"{self._address(resource_type)}?{urlencode(params)}"

    def _from(
        self, resource_type: str, url: str, bundle: dict[str, Any], most: int
    ) -> Iterator[dict[str, Any]]:
        """The matches of this page and of those after it."""
        seen = {url}
        count = 0
        while True:
            for resource in _matches(bundle, resource_type):
                count += 1
                if count > most:
                    raise Unreadable("too-many")
                yield resource
            following = self._next(bundle, url)
            if following is None:
                return
            if following in seen or len(seen) >= most // _SMALLEST_PAGE:
                raise Unreadable("endless-pages")
            url = following
            seen.add(url)
            bundle = _bundle(self._ask(url))

    def _ask(self, url: str, etag: str | None = None) -> Answer:
        # What is found decides what is written: some servers else repeat what a search found a minute ago (F25).
        asked = {"Cache-Control": "no-cache"} | ({"If-None-Match": etag} if etag else {})
        try:
            answer = self._send("GET", url, asked, None)
        except ExchangeFailed as error:
            reads_on = error.reason in ("too-large", "encoding")
            raise (Unreadable if reads_on else Unreachable)(error.reason) from error
        if etag and answer.status == _NOT_MODIFIED:
            return answer
        if answer.status >= 500 or answer.status in _UNCERTAIN:
            raise Unreachable(f"status-{answer.status}", answer.headers.get("retry-after"))
        return answer

    def _write(
        self,
        method: str,
        url: str,
        resource_type: str,
        body: bytes,
        headers: Mapping[str, str],
        may_repeat: Callable[[], bool],
    ) -> Written:
        asked = {"Content-Type": FHIR_JSON, "Prefer": "return=representation", **headers}
        try:
            answer = self._send(method, url, asked, body, may_repeat)
        except ExchangeFailed as error:
            if error.sent:
                raise Ambiguous(error.reason) from error
            raise Unreachable(error.reason) from error
        if answer.status >= 500 or answer.status in _UNCERTAIN:
            raise Ambiguous(f"status-{answer.status}", answer.headers.get("retry-after"))
        return self._written(_good(answer), resource_type)

    def _send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        may_repeat: Callable[[], bool] = lambda: True,
    ) -> Answer:
        token = self._token()
        answer = self._send_with(token, method, url, headers, body)
        if answer.status not in (401, 403) or self._renew is None:
            return answer
        # Rights stand in a token as they were when it was given: those given back later come with the next (F14).
        self._renew(token)
        if answer.status == 403:
            return answer
        fresh = self._token()
        if fresh == token:
            return answer
        # A 401 means that nothing was processed, so a write may go again, once (C3); but time has passed since.
        if not may_repeat():
            raise Unreachable("too-late-to-repeat")
        return self._send_with(fresh, method, url, headers, body)

    def _send_with(
        self, token: str, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        if not lies_within(self.base, url):
            raise Unreadable("outside-the-base")
        asked = {"Accept": FHIR_JSON, **headers, "Authorization": f"Bearer {token}"}
        answer = send(self._http, method, url, headers=asked, content=body, limits=self._limits)
        if self._clock is not None:
            self._clock.told(answer.headers.get("date"))
        return answer

    def _next(self, bundle: Mapping[str, Any], current: str) -> str | None:
        links = bundle.get("link", [])
        for link in links if isinstance(links, list) else []:
            if isinstance(link, dict) and link.get("relation") == "next":
                url = link.get("url")
                # Whether it lies within the base is asked where everything is sent.
                return urljoin(current, url) if isinstance(url, str) and url else ""
        return None

    def _written(self, answer: Answer, resource_type: str) -> Written:
        resource = _resource_if_any(answer, resource_type)
        id_, version = self._from_location(answer, resource_type)
        if resource is not None:
            told = resource.get("id")
            if id_ is not None and told != id_:
                return Written(
                    answer.status, None, None, None
                )  # address and body disagree: no proof of anything
            id_ = told if is_id(told) else id_
        return Written(answer.status, id_, version, resource)

    def _from_location(self, answer: Answer, resource_type: str) -> tuple[str | None, str | None]:
        location = answer.headers.get("location", answer.headers.get("content-location", ""))
        absolute = urljoin(self.base + "/", location)
        if not location or not lies_within(self.base, absolute):
            return None, None
        pattern = rf"{re.escape(self.base)}/{resource_type}/([^/?#]+)(?:/_history/([^/?#]+))?"
        match = re.fullmatch(pattern, absolute)
        if match is None or not is_id(match[1]):
            return None, None
        return match[1], match[2] if is_id(match[2]) else None


def _good(answer: Answer) -> Answer:
    if answer.status == 429:
        raise RateLimited(answer.headers.get("retry-after"))
    if not 200 <= answer.status < 300:
        raise Refused(answer.status, *_issues(answer))
    return answer


def _bundle(answer: Answer) -> dict[str, Any]:
    bundle = _resource(_good(answer))
    if bundle.get("resourceType") != "Bundle":
        raise Unreadable("not-a-bundle")
    return bundle


def _etag(answer: Answer) -> str | None:
    found = answer.headers.get("etag", "")
    return found if _ETAG.fullmatch(found) else None


def _resource(answer: Answer) -> dict[str, Any]:
    try:
        return answer.json_object()
    except NotStrict as error:
        raise Unreadable("not-json") from error


def _resource_if_any(answer: Answer, resource_type: str) -> dict[str, Any] | None:
    try:
        resource = answer.json_object()
    except NotStrict:
        return None
    return resource if resource.get("resourceType") == resource_type else None


def _matches(bundle: Mapping[str, Any], resource_type: str) -> Iterator[dict[str, Any]]:
    entries = bundle.get("entry", [])
    for entry in entries if isinstance(entries, list) else []:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and resource.get("resourceType") == resource_type:
            yield resource


def _issues(answer: Answer) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Codes and element paths of an OperationOutcome; its free text may hold anything and is left behind."""
    outcome = _resource_if_any(answer, "OperationOutcome") or {}
    issues = outcome.get("issue")
    listed = (
        [one for one in issues if isinstance(one, dict)][:_MOST_ISSUES] if isinstance(issues, list) else []
    )
    codes = [code for one in listed for code in _texts([one.get("code")]) if _CODE.fullmatch(code)]
    paths = [path for one in listed for path in _texts(one.get("expression")) if _EXPRESSION.fullmatch(path)]
    return tuple(dict.fromkeys(codes)), tuple(dict.fromkeys(paths[:_MOST_ISSUES]))


def _texts(value: object) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
