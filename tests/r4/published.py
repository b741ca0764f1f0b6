"""The published definitions and the tests' own copy of the clinic's prompts."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from service.journal.prompts import PromptLibrary
from service.r4.questionnaire import load_library

FHIR = Path(__file__).resolve().parents[2] / "fhir"


def files(kind: str) -> dict[str, bytes]:
    """The published files of one resource type, by name; those of our translations are in `translated`."""
    return {path.name: path.read_bytes() for path in sorted((FHIR / kind).glob("*.json"))}


def translated(language: str) -> dict[str, bytes]:
    """The prompt sets with our translation into a language (BCP 47), by name."""
    return {
        path.name: path.read_bytes() for path in sorted((FHIR / "Questionnaire" / language).glob("*.json"))
    }


@cache
def library() -> PromptLibrary:
    return load_library(files("Questionnaire"))


def own_copy() -> dict[str, Any]:
    """The clinic's wording, copied once by hand and kept apart from what is published."""
    copy: dict[str, Any] = json.loads((Path(__file__).parent / "prompt_sets.json").read_text())
    return copy
