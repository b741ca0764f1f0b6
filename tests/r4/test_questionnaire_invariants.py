"""R4's que-* and SDC's constraints, checked on every published Questionnaire (questionnaires-sdc A, G1)."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire

from tests.r4.published import files

Value = dict[str, Any]
WITH_OPTIONS = {
    "choice",
    "open-choice",
    "decimal",
    "integer",
    "date",
    "dateTime",
    "time",
    "string",
    "quantity",
}
WITH_LENGTH = {"boolean", "decimal", "integer", "string", "text", "url", "open-choice"}
SEMVER = {"system": "http://hl7.org/fhir/version-algorithm", "code": "semver"}
ALGORITHM = "http://hl7.org/fhir/StructureDefinition/artifact-versionAlgorithm"


def items(value: Value) -> Iterator[Value]:
    for item in value.get("item", []):
        yield item
        yield from items(item)


def every(rule: Callable[[Value], bool]) -> Callable[[Value], bool]:
    return lambda value: all(rule(item) for item in items(value))


def links(value: Value) -> list[str]:
    return [item["linkId"] for item in items(value)]


def is_semver(value: Value) -> bool:
    return [e["valueCoding"] for e in value.get("extension", []) if e["url"] == ALGORITHM] == [SEMVER]


RULES: dict[str, Callable[[Value], bool]] = {
    "que-0": lambda q: re.fullmatch(r"[A-Z][A-Za-z0-9_]{0,254}", q["name"]) is not None,
    "que-1": every(
        lambda i: bool(i.get("item")) if i["type"] == "group" else i["type"] != "display" or "item" not in i
    ),
    "que-2": lambda q: len(set(links(q))) == len(links(q)),
    "que-3": every(lambda i: i["type"] != "display" or "code" not in i),
    "que-4": every(lambda i: "answerOption" not in i or "answerValueSet" not in i),
    "que-5": every(lambda i: i["type"] in WITH_OPTIONS or not {"answerOption", "answerValueSet"} & set(i)),
    "que-6": every(lambda i: i["type"] != "display" or not {"required", "repeats"} & set(i)),
    "que-7": every(
        lambda i: all(w["operator"] != "exists" or "answerBoolean" in w for w in i.get("enableWhen", []))
    ),
    "que-8": every(lambda i: i["type"] not in ("group", "display") or "initial" not in i),
    "que-9": every(lambda i: i["type"] != "display" or "readOnly" not in i),
    "que-10": every(lambda i: i["type"] in WITH_LENGTH or "maxLength" not in i),
    "que-11": every(lambda i: "answerOption" not in i or "initial" not in i),
    "que-12": every(lambda i: len(i.get("enableWhen", [])) < 2 or "enableBehavior" in i),
    "que-13": every(lambda i: i.get("repeats") is True or len(i.get("initial", [])) < 2),
    "que-15": lambda q: all(len(link) <= 255 for link in links(q)),
    "sdc-2": is_semver,
    "cnl-1": lambda q: re.fullmatch(r"[^|# ]+", q["url"]) is not None,
    "Q-01": lambda q: (
        {"url", "version", "name", "title", "status", "experimental", "date", "publisher", "item"} <= set(q)
        and q["subjectType"] == ["Patient"]
    ),
    "Q-22": every(lambda i: i["type"] != "text" or not re.match(r"\d", i["text"])),
}

OFFENCES: dict[str, Callable[[Value], object]] = {
    "que-0": lambda q: q.update(name="after infusion"),
    "que-1": lambda q: q["item"][0].update(item=[{"linkId": "x", "type": "display"}]),
    "que-2": lambda q: q["item"][1].update(linkId=q["item"][0]["linkId"]),
    "que-3": lambda q: q["item"][0].update(code=[{"code": "notice"}]),
    "que-4": lambda q: q["item"][2].update(type="choice", answerOption=[], answerValueSet="x"),
    "que-5": lambda q: q["item"][2].update(answerOption=[]),
    "que-6": lambda q: q["item"][0].update(required=False),
    "que-7": lambda q: q["item"][2].update(enableWhen=[{"operator": "exists", "answerString": "x"}]),
    "que-8": lambda q: q["item"][0].update(initial=[]),
    "que-9": lambda q: q["item"][0].update(readOnly=True),
    "que-10": lambda q: q["item"][0].update(maxLength=1),
    "que-11": lambda q: q["item"][2].update(type="choice", answerOption=[], initial=[]),
    "que-12": lambda q: q["item"][2].update(enableWhen=[{"operator": "="}] * 2),
    "que-13": lambda q: q["item"][2].update(initial=[{}, {}]),
    "que-15": lambda q: q["item"][2].update(linkId="x" * 256),
    "sdc-2": lambda q: q.pop("extension"),
    "cnl-1": lambda q: q.update(url="https://clinic.example/a|b"),
    "Q-01": lambda q: q.pop("publisher"),
    "Q-22": lambda q: q["item"][2].update(text="1. What?"),
}


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("name", files("Questionnaire"))
def test_the_published_set_keeps_the_rule(name: str, rule: str) -> None:
    assert RULES[rule](json.loads(files("Questionnaire")[name]))


@pytest.mark.parametrize("rule", RULES)
def test_the_rule_can_be_broken(rule: str) -> None:
    """Each check above really sees its offence."""
    value = json.loads(files("Questionnaire")["after-infusion-1.json"])
    OFFENCES[rule](value)
    assert not RULES[rule](value)


@pytest.mark.parametrize("name", files("Questionnaire"))
def test_the_model_keeps_every_value(name: str) -> None:
    """Through the R4 model and back nothing is lost or changed (G1)."""
    value = json.loads(files("Questionnaire")[name])
    assert json.loads(Questionnaire.model_validate(value).model_dump_json()) == value


@pytest.mark.parametrize("name", files("Questionnaire"))
def test_population_is_claimed_only_where_there_are_look_backs(name: str) -> None:
    """Q-03: a profile is named only where its extensions are used; patient and encounter are then declared."""
    value = json.loads(files("Questionnaire")[name])
    looks_back = any("extension" in item for item in items(value))
    assert (len(value["meta"]["profile"]) == 2) == looks_back
    contexts = [e for e in value["extension"] if e["url"].endswith("launchContext")]
    names = [
        part["valueCoding"]["code"] for e in contexts for part in e["extension"] if part["url"] == "name"
    ]
    assert names == (["patient", "encounter"] if looks_back else [])
