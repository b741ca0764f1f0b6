"""What R4 asks of a Questionnaire beyond the shape of its elements: its invariants, and that none of it is passed over.

The models look at one element at a time. These rules look at an item as a whole and at all items together, so that a
clinic's own set is refused when it is loaded, not when a patient writes in it.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from service.journal.answer_rules import ANSWER_TYPES
from service.journal.problems import Fault
from service.r4.elements import Json, parts, text

_LONGEST_LINK = 255
_OPTIONS = frozenset({"answerOption", "answerValueSet"})
_WITH_OPTIONS = frozenset(
    {"choice", "open-choice", "decimal", "integer", "date", "dateTime", "time", "string", "quantity"}
)
_WITH_LENGTH = frozenset({"boolean", "decimal", "integer", "string", "text", "url", "open-choice"})
_NOT_OF_DISPLAY = frozenset({"code", "required", "repeats", "readOnly"})


def form_faults(value: Json) -> Iterator[Fault]:
    """Where a Questionnaire, valid by its elements, breaks a rule of R4; the text names the rule."""
    yield from not_understood(value, "Questionnaire")
    if not re.fullmatch(r"[^|#\s]+", text(value, "url") or ""):
        yield Fault("invariant", "A canonical url has no bar, hash or blank (cnl-1).", "Questionnaire.url")
    placed = list(_items(value, "Questionnaire"))
    often = Counter(item["linkId"] for _, item in placed)
    for place, item in placed:
        if often[item["linkId"]] > 1:
            yield Fault("invariant", "This linkId stands more than once (que-2).", f"{place}.linkId")
        for rule, holds in _RULES.items():
            if not holds(item):
                yield Fault("invariant", f"This item breaks R4's rule {rule}.", place)


def not_understood(value: Any, place: str) -> Iterator[Fault]:
    """Every modifier extension and implicit rule, at whatever depth: none is known here (R4 extensibility)."""
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from not_understood(one, f"{place}[{index}]")
    elif isinstance(value, dict):
        for name, one in value.items():
            if name in ("modifierExtension", "implicitRules"):
                text = "What stands here may turn the meaning round, and is not understood."
                yield Fault("not-supported", text, f"{place}.{name}")
            else:
                yield from not_understood(one, f"{place}.{name}")


def _items(value: Json, place: str) -> Iterator[tuple[str, Json]]:
    for index, item in enumerate(parts(value, "item")):
        here = f"{place}.item[{index}]"
        yield here, item
        yield from _items(item, here)


def _nests(item: Json) -> bool:
    return (
        bool(item.get("item")) if item["type"] == "group" else item["type"] != "display" or "item" not in item
    )


def _joins(item: Json) -> bool:
    # R4's own formula says more than two, which is a known slip.
    return len(parts(item, "enableWhen")) < 2 or "enableBehavior" in item


def _asks_for_existence(item: Json) -> bool:
    return all("answerBoolean" in one for one in parts(item, "enableWhen") if one.get("operator") == "exists")


_RULES: dict[str, Callable[[Json], bool]] = {
    "item.type": lambda item: item["type"] in ANSWER_TYPES or item["type"] in ("group", "display"),
    "que-1": _nests,
    "que-3": lambda item: item["type"] != "display" or not _NOT_OF_DISPLAY & set(item),
    "que-4": lambda item: len(_OPTIONS & set(item)) < 2,
    "que-5": lambda item: item["type"] in _WITH_OPTIONS or not _OPTIONS & set(item),
    "que-7": _asks_for_existence,
    "que-8": lambda item: item["type"] not in ("group", "display") or "initial" not in item,
    "que-10": lambda item: item["type"] in _WITH_LENGTH or "maxLength" not in item,
    "que-11": lambda item: "answerOption" not in item or "initial" not in item,
    "que-12": _joins,
    "que-13": lambda item: item.get("repeats") is True or len(parts(item, "initial")) < 2,
    "que-15": lambda item: len(item["linkId"]) <= _LONGEST_LINK,
}
