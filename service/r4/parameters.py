"""Parameters: what an operation is asked with, and what it answers with.

Resources inside are handed on as they came and judged by whoever asks for them, so that their faults are named as
theirs and not as the envelope's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from fhir.resources.R4B.parameters import Parameters

from service.journal.problems import Fault, Unusable
from service.r4.elements import Json, part, parts, text
from service.r4.raw_json import compact
from service.r4.validity import faults_of


class NotParameters(Unusable):
    """What was sent is no valid Parameters resource."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its name, value[x] as written ("" and None without one), resource, parts, and FHIRPath place."""

    name: str
    kind: str
    value: object
    resource: Json | None
    parts: tuple["Parameter", ...]
    place: str

    @property
    def word(self) -> str | None:
        """The value of a code, string, uri or canonical; None for any other."""
        return self.value if isinstance(self.value, str) else None

    @property
    def reference(self) -> str | None:
        """The literal reference of a Reference, or `Type/id` of a resource that has an id; None for any other."""
        if self.resource is not None:
            kind, id_ = text(self.resource, "resourceType"), text(self.resource, "id")
            return f"{kind}/{id_}" if kind and id_ else None
        return (
            text(self.value, "reference")
            if self.kind == "Reference" and isinstance(self.value, dict)
            else None
        )


def read(value: Json) -> tuple[Parameter, ...]:
    """The parameters in a JSON object, in their order; NotParameters with every fault of the envelope."""
    faults = faults_of(Parameters, _without_resources(value, "parameter")) or tuple(
        _doubled(value, "Parameters")
    )
    if faults:
        raise NotParameters(*faults)
    return tuple(_read(value, "parameter", "Parameters"))


def write(resources: Iterable[tuple[str, bytes]]) -> bytes:
    """Parameters that hold these resources by name, each with its bytes as they are; one at least."""
    written = [compact({"name": name})[:-1] + b',"resource":' + raw + b"}" for name, raw in resources]
    return b'{"resourceType":"Parameters","parameter":[' + b",".join(written) + b"]}"


def _without_resources(value: Json, name: str) -> Json:
    kept = {key: one for key, one in value.items() if key != "resource"}
    if isinstance(value.get(name), list):
        kept[name] = [_bare(one) for one in value[name]]
    return kept


def _bare(value: object) -> object:
    return _without_resources(value, "part") if isinstance(value, dict) else value


def _doubled(value: Json, path: str, name: str = "parameter") -> Iterator[Fault]:
    """R4 inv-1: a parameter has a value, a resource, or parts, and one of them alone; the models do not look."""
    for index, one in enumerate(parts(value, name)):
        here = f"{path}.{name}[{index}]"
        said = [key for key in one if key.startswith("value") or key in ("resource", "part")]
        if len(said) > 1 or not isinstance(one.get("resource", {}), dict):
            yield Fault("invariant", "A parameter has a value, a resource or parts (inv-1).", here)
        yield from _doubled(one, here, "part")


def _read(value: Json, name: str, path: str) -> Iterator[Parameter]:
    for index, one in enumerate(parts(value, name)):
        here = f"{path}.{name}[{index}]"
        kind = next((key.removeprefix("value") for key in one if key.startswith("value")), "")
        yield Parameter(
            name=text(one, "name") or "",
            kind=kind,
            value=one.get(f"value{kind}") if kind else None,
            resource=part(one, "resource") if "resource" in one else None,
            parts=tuple(_read(one, "part", here)),
            place=here,
        )
