"""A record system to which nothing is written: what would leave is noted, and stands there for whoever asks (W-62).

It takes the record system's place under the very code that files, so what is said of a rehearsal is what filing does.
Reads go through, but for what only the rehearsal has made.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from service.ehr.client import MOST_RESOURCES, RecordSystem, Written
from service.ehr.versions import named
from service.r4.elements import Json, identifiers
from service.smart.strict_json import read_object


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it would leave; `address` below the base, `length` of its body in bytes, None without one."""

    method: str
    address: str
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None


class Rehearsal(RecordSystem):
    """Stands for `real`, which is asked and never written to; `requests` are all that filing would have made."""

    def __init__(self, real: RecordSystem) -> None:
        self.base = real.base
        self.requests: list[Request] = []
        self._real = real
        self._made: dict[str, Json] = {}

    def sign_in(self) -> None:
        """A token of the real one's."""
        self._real.sign_in()

    def read(self, resource_type: str, resource_id: str) -> dict[str, Any] | None:
        """What was made here under this id, else what the real one has."""
        address = f"{resource_type}/{resource_id}"
        self._note("GET", address)
        return self._made.get(address) or self._real.read(resource_type, resource_id)

    def search(
        self, resource_type: str, params: Mapping[str, str], *, most: int = MOST_RESOURCES
    ) -> Iterator[dict[str, Any]]:
        """What the real one finds, and what was made here under the identifier that is asked for."""
        self._note("GET", f"{resource_type}?{urlencode(params, safe=':|/,')}")
        yield from self._real.search(resource_type, params, most=most)
        yield from (one for one in self._made.values() if _carries(one, resource_type, params))

    def create(
        self,
        resource_type: str,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        may_repeat: Callable[[], bool] = lambda: True,  # noqa: ARG002 - nothing leaves, so nothing is repeated
    ) -> Written:
        """Note it, and answer as a record system does that takes it."""
        self._note("POST", resource_type, headers, body)
        return self._kept(201, resource_type, f"new-{len(self._made) + 1}", body)

    def update(
        self,
        resource_type: str,
        resource_id: str,
        body: bytes,
        headers: Mapping[str, str] | None = None,
        *,
        may_repeat: Callable[[], bool] = lambda: True,  # noqa: ARG002
    ) -> Written:
        """The same for a resource at its id."""
        self._note("PUT", f"{resource_type}/{resource_id}", headers, body)
        return self._kept(200, resource_type, resource_id, body)

    def _note(
        self, method: str, address: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> None:
        self.requests.append(Request(method, address, headers or {}, None if body is None else len(body)))

    def _kept(self, status: int, resource_type: str, resource_id: str, body: bytes) -> Written:
        resource = {**read_object(body), "id": resource_id}
        self._made[f"{resource_type}/{resource_id}"] = resource
        return Written(status, resource_id, None, resource)


def _carries(resource: Json, resource_type: str, params: Mapping[str, str]) -> bool:
    wanted = params.get("identifier")
    carried = {named(value) for _, value in identifiers(resource, "identifier")}
    return resource.get("resourceType") == resource_type and wanted in carried
