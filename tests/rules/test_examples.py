"""fhir/examples shows every resource that the service emits, as it emits it today."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from service.r4.capability_statement import EXPORT_OFFERED, OFFERED
from tests.examples import FOLDER, examples, shape
from tests.proofs.small_world import lasting_world

FILES = sorted(FOLDER.rglob("*.json"))
# What answers carry that is no type of its own at the base.
_CARRIERS = {"OperationOutcome", "Parameters"}


@pytest.fixture(scope="module")
def of_today() -> Iterator[dict[str, Any]]:
    with lasting_world() as world:
        yield dict(examples(world))


def _name(path: Path) -> str:
    return path.relative_to(FOLDER).with_suffix("").as_posix()


def _value(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_bytes())
    return value


def test_every_example_is_what_the_service_says_today(of_today: dict[str, Any]) -> None:
    """`python -m tests.examples` writes them anew."""
    assert {_name(path) for path in FILES} == set(of_today)
    changed = [_name(path) for path in FILES if shape(_value(path)) != shape(of_today[_name(path)])]
    assert changed == []


def test_every_type_we_serve_has_an_example_or_is_itself_a_file() -> None:
    published = {path.name for path in FOLDER.parent.iterdir() if path.is_dir()}
    served = {one.type for one in (*OFFERED, *EXPORT_OFFERED)} - published
    assert {path.parent.name for path in FILES} == served | _CARRIERS


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_every_example_is_valid_and_lies_in_the_folder_of_its_type(path: Path) -> None:
    value = _value(path)
    assert value["resourceType"] == path.parent.name
    get_fhir_model_class(value["resourceType"]).model_validate(value)
