"""fhir/ holds valid R4 definitions, and nothing else (architecture: tests about the house)."""

import ast
import json
from pathlib import Path
from typing import Any

import pytest
from fhir.resources.R4B import get_fhir_model_class

from service.audit.record import Deed
from service.r4 import audit_codes, audit_event, canonical, task
from service.r4.capability_statement import OFFERED

ROOT = Path(__file__).resolve().parents[2]
FHIR = ROOT / "fhir"
# The examples are no definitions: tests/rules/test_examples.py looks at them.
FILES = sorted(path for path in FHIR.rglob("*.json") if "examples" not in path.parts)


def _value(path: Path) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(path.read_bytes())
    return value


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_is_a_valid_resource_in_the_folder_of_its_type(path: Path) -> None:
    value = _value(path)
    get_fhir_model_class(value["resourceType"]).model_validate(value)
    kind, *language = path.parent.relative_to(FHIR).parts
    assert kind == value["resourceType"]
    assert path.stem == value["id"]
    # A translated edition is another version under the same canonical.
    named = value["id"].removesuffix(f"-{language[0]}") if language else value["id"]
    assert value["url"] == f"{canonical.BASE}/{kind}/{named}"


def test_there_is_nothing_but_json_and_the_readme() -> None:
    """A regular package named fhir would hide the library fhir.resources."""
    assert {path.name for path in FHIR.rglob("*") if path.is_file() and path.suffix != ".json"} == {
        "README.md"
    }


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_is_named_in_the_readme_or_by_another_file(path: Path) -> None:
    readme = (FHIR / "README.md").read_text()
    others = "".join(other.read_text() for other in FILES if other != path)
    assert f"{path.parent.name}/{path.name}" in readme or _value(path)["url"] in others


def test_every_theme_used_is_defined_and_every_defined_one_is_used() -> None:
    used = {
        (code["code"], code["display"])
        for path in FHIR.glob("Questionnaire/*.json")
        for item in _value(path)["item"]
        for code in item.get("code", [])
        if code["system"] == canonical.THEMES
    }
    concepts = _value(FHIR / "CodeSystem/journal-themes.json")["concept"]
    assert used == {(concept["code"], concept["display"]) for concept in concepts}
    assert all(concept["definition"] for concept in concepts)


def test_every_deed_is_defined() -> None:
    system = _value(FHIR / "CodeSystem/journal-deeds.json")
    assert system["url"] == audit_codes.DEEDS
    assert [concept["code"] for concept in system["concept"]] == [deed.value for deed in Deed]


def test_code_systems_count_their_concepts() -> None:
    for path in FHIR.glob("CodeSystem/*.json"):
        assert _value(path)["count"] == len(_value(path)["concept"])


def test_every_extension_of_ours_in_the_code_is_published() -> None:
    published = {_value(path)["url"] for path in FHIR.glob("StructureDefinition/*.json")}
    assert published == {
        canonical.LOOKED_BACK_ITEM,
        audit_event.LOG_INDEX,
        task.INFUSION_ORDINAL,
        task.INFUSION_EVIDENCE,
    }


def test_the_capability_statement_says_what_the_code_offers() -> None:
    [rest] = _value(FHIR / "CapabilityStatement/infusion-journal.json")["rest"]
    told = {
        one["type"]: (
            [interaction["code"] for interaction in one["interaction"]],
            [(each["name"], each["definition"].rpartition("/")[2]) for each in one.get("operation", ())],
            [(parameter["name"], parameter["type"]) for parameter in one.get("searchParam", ())],
        )
        for one in rest["resource"]
    }
    assert told == {
        one.type: (
            list(one.interactions),
            [(each.code, each.definition) for each in one.operations],
            [(parameter.name, parameter.type) for parameter in one.search],
        )
        for one in OFFERED
    }


def _spellings(tree: ast.AST) -> list[str]:
    words = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [word for word in words if isinstance(word, str) and canonical.BASE in word]


def test_the_canonical_base_is_spelled_once_in_the_service() -> None:
    spelled = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "service").rglob("*.py")
        if _spellings(ast.parse(path.read_text()))
    }
    assert spelled == {"service/r4/canonical.py"}
