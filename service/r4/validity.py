"""Whether JSON is a valid R4 resource: the models' verdict, plus what they let through, as faults without values.

The models of fhir.resources convert silently ("5" becomes 5, an empty list vanishes, a string of JSON becomes an
object). R4's JSON form allows none of that, so whatever the models changed in kind is a fault too.
"""

import json
import re
from typing import Any

from fhir.resources.R4B.fhirresourcemodel import FHIRResourceModel
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from service.journal.problems import Fault
from service.r4.elements import Json

_WRONG_RESOURCE = "fhir-validation-wrong-resource-type"


def faults_of(model: type[FHIRResourceModel], value: object) -> tuple[Fault, ...]:
    """What makes `value` no resource of this type, with FHIRPath places and never a word of its content."""
    name = model.__name__
    if not isinstance(value, dict):
        return (Fault("structure", "A JSON object was expected.", name),)
    if value.get("resourceType") != name:
        return (Fault("invalid", f"resourceType must be {name}.", name),)
    return _faults_by_model(model, value)


def _faults_by_model(model: type[FHIRResourceModel], value: Json) -> tuple[Fault, ...]:
    name = model.__name__
    try:
        accepted = model.model_validate(value)
        kept = json.loads(accepted.model_dump_json())
    except ValidationError as refused:
        return tuple(_fault(name, detail) for detail in _details(refused))
    except RecursionError:
        return (Fault("too-costly", "This is nested too deeply.", name),)
    except (KeyError, TypeError, ValueError, AttributeError):
        # A contained resource of an unknown type ends in a KeyError inside the models.
        return (Fault("structure", "This holds something that R4 does not know.", name),)
    return tuple(_changes(value, kept, name))


def _details(refused: ValidationError) -> list[ErrorDetails]:
    return refused.errors(include_url=False, include_context=False, include_input=False)


def _fault(name: str, detail: ErrorDetails) -> Fault:
    kind, place = detail["type"], detail["loc"]
    if kind == "extra_forbidden":
        # The last step is a name the sender invented: it may hold anything, so only its parent is told.
        return Fault("structure", "There is an element here that R4 does not know.", _path(name, place[:-1]))
    if kind == _WRONG_RESOURCE:
        return Fault("invalid", "A resource of another type stands here.", _path(name, place[:-1]))
    code, text = _verdict(kind)
    return Fault(code, text, _path(name, place))


def _verdict(kind: str) -> tuple[str, str]:
    if kind.endswith("missing"):
        return "required", "An element that R4 requires is missing."
    if kind.endswith("_type"):
        return "structure", "The value is of another JSON type than R4 asks for."
    return "value", "The value does not have the form that R4 asks for."


# FHIRPath names a choice by its stem: answer.value, whatever its type.
_CHOICE = re.compile(r"(?<=^value)[A-Z]\w*$")


def _path(name: str, steps: tuple[int | str, ...]) -> str:
    path = name
    for step in steps:
        path += f"[{step}]" if isinstance(step, int) else "." + _CHOICE.sub("", step)
    return path


def _changes(sent: Any, kept: Any, path: str) -> list[Fault]:
    if isinstance(sent, dict) and isinstance(kept, dict):
        return _changed_members(sent, kept, path) if sent else [_empty(path)]
    if isinstance(sent, list) and isinstance(kept, list) and len(sent) == len(kept):
        pairs = zip(sent, kept, strict=True)
        return [fault for i, (a, b) in enumerate(pairs) for fault in _changes(a, b, f"{path}[{i}]")]
    if _kind(sent) != _kind(kept):
        return [Fault("structure", "The value is of another JSON type than R4 asks for.", path)]
    return []


def _changed_members(sent: Json, kept: Json, path: str) -> list[Fault]:
    faults = []
    for name, value in sent.items():
        step = _path(path, (name,))
        if name in kept:
            faults += _changes(value, kept[name], step)
        else:
            faults.append(_empty(step))
    return faults


def _empty(path: str) -> Fault:
    return Fault("structure", "An element must not be empty or null.", path)


def _kind(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else type(value).__name__
