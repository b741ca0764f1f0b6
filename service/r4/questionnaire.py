"""Questionnaire: the clinic's prompt sets as FHIR publishes them, read into the journal's values.

The JSON under fhir/ is written by people, once per version; the service reads it and serves its bytes unchanged,
so there is nothing to write here.
"""

import json
import re
from collections.abc import Mapping

from fhir.resources.R4B.questionnaire import Questionnaire

from service.journal.items import QuestionItem
from service.journal.problems import Fault, Unusable
from service.journal.prompts import LookBack, Prompt, PromptLibrary, PromptSet
from service.r4 import canonical
from service.r4.elements import Json, coding, extension_value, extensions, part, parts, text, whole_number
from service.r4.form_rules import form_faults
from service.r4.question_item import read_item
from service.r4.validity import faults_of

# R4 bounds a string at one mebibyte; a text item without maxLength may be that long.
LONGEST_STRING = 1_048_576
_ORDINAL = re.compile(r"/after-infusion-([1-9][0-9]*)$")
_QUERIED_SET = re.compile(
    r"questionnaire=[^&|]*/(?:after-infusion-([1-9][0-9]*)|after-later-infusions)(?=[&|]|$)"
)


class NotAPromptSet(Unusable):
    """This Questionnaire cannot serve as a prompt set."""


def load_library(files: Mapping[str, bytes]) -> PromptLibrary:
    """The library of these Questionnaires, in the order of their names; NotAPromptSet where one cannot serve."""
    return PromptLibrary(tuple(read_prompt_set(files[name]) for name in sorted(files)))


def read_prompt_set(raw: bytes) -> PromptSet:
    """The prompt set a Questionnaire publishes; NotAPromptSet where R4 or our own needs are not met."""
    value = _valid(raw)
    notice, crisis = _display(value, canonical.NOTICE_SUFFIX), _display(value, canonical.CRISIS_SUFFIX)
    return PromptSet(
        url=value["url"],
        version=value["version"],
        name=value["name"],
        title=value["title"],
        ordinal=_ordinal(value["url"]),
        language=text(value, "language") or "en",
        publisher=text(value, "publisher") or "",
        notice=notice["text"],
        crisis_line=crisis["text"],
        prompts=tuple(_prompt(item) for item in _text_items(value)),
        status=value["status"],
        notice_link_id=notice["linkId"],
        crisis_link_id=crisis["linkId"],
        items=tuple(read_item(item) for item in parts(value, "item")),
        translations=frozenset(_translated(value)),
    )


def read_items(raw: bytes) -> tuple[QuestionItem, ...]:
    """The Questionnaire's whole item tree, of every item type; NotAPromptSet where it is no valid Questionnaire."""
    return tuple(read_item(item) for item in parts(_valid(raw), "item"))


def _valid(raw: bytes) -> Json:
    value = json.loads(raw)
    faults = faults_of(Questionnaire, value)
    missing = tuple(
        Fault("required", "A prompt set needs this element.", f"Questionnaire.{name}")
        for name in ("url", "version", "name", "title")
        if not faults and not text(value, name)
    )
    broken = () if faults or missing else tuple(form_faults(value))
    if faults or missing or broken:
        raise NotAPromptSet(*faults, *missing, *broken)
    return dict(value)


def _translated(value: Json) -> list[str]:
    """The languages that the title also stands in."""
    return [
        lang
        for translation in extensions(value.get("_title") or {}, canonical.TRANSLATION)
        if isinstance(lang := extension_value(translation, "lang"), str)
    ]


def _display(value: Json, suffix: str) -> Json:
    for item in parts(value, "item"):
        if item.get("type") == "display" and item["linkId"].endswith(suffix) and text(item, "text"):
            return item
    raise NotAPromptSet(
        Fault("required", f"A display item whose linkId ends in {suffix} is needed.", "Questionnaire.item")
    )


def _ordinal(url: str) -> int | None:
    match = _ORDINAL.search(url)
    return int(match[1]) if match else None


def _text_items(value: Json) -> list[Json]:
    found: list[Json] = []
    for item in parts(value, "item"):
        found += [item] if item.get("type") == "text" else []
        found += _text_items(item)
    return found


def _prompt(item: Json) -> Prompt:
    length = whole_number(item, "maxLength")
    return Prompt(
        link_id=item["linkId"],
        prefix=text(item, "prefix") or "",
        text=text(item, "text") or "",
        theme=_theme(item),
        max_length=LONGEST_STRING if length is None else length,
        looks_back=tuple(
            back for one in extensions(item, canonical.CONTEXT_EXPRESSION) if (back := _look_back(one))
        ),
    )


def _theme(item: Json) -> str:
    codes = (coding(one) for one in parts(item, "code"))
    return next((code.code for code in codes if code and code.system == canonical.THEMES), "")


def _look_back(extension: Json) -> LookBack | None:
    for one in extensions(extension, "expression"):
        expression = part(one, "valueExpression")
        asked = _QUERIED_SET.search(text(expression, "expression") or "")
        item = extension_value(expression, canonical.LOOKED_BACK_ITEM)
        link_id = item if isinstance(item, str) else None
        # Without a linkId, None would bring up the whole of every set that has no ordinal, not of this one.
        if asked and (asked[1] or link_id):
            return LookBack(int(asked[1]) if asked[1] else None, link_id)
    return None
