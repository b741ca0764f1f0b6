"""Questionnaire.item read into the tree that answers are judged by, for every R4 item type."""

from service.journal.items import Condition, QuestionItem
from service.r4 import canonical
from service.r4.elements import Json, choice, extension_value, extensions, parts, text, whole_number


def read_item(value: Json) -> QuestionItem:
    """One Questionnaire.item with everything below it."""
    return QuestionItem(
        link_id=text(value, "linkId") or "",
        type=text(value, "type") or "",
        text=text(value, "text"),
        texts=frozenset(_wordings(value)),
        required=value.get("required") is True,
        repeats=value.get("repeats") is True,
        max_length=whole_number(value, "maxLength"),
        min_length=_number(value, canonical.MIN_LENGTH),
        min_value=extension_value(value, canonical.MIN_VALUE),
        max_value=extension_value(value, canonical.MAX_VALUE),
        min_occurs=_number(value, canonical.MIN_OCCURS),
        max_occurs=_number(value, canonical.MAX_OCCURS),
        options=tuple(choice(option, "value")[1] for option in parts(value, "answerOption")),
        enable_when=tuple(_condition(one) for one in parts(value, "enableWhen")),
        enable_any=value.get("enableBehavior") == "any",
        items=tuple(read_item(child) for child in parts(value, "item")),
    )


def _wordings(value: Json) -> list[str]:
    translated = [
        text(content, "valueString")
        for translation in extensions(value.get("_text") or {}, canonical.TRANSLATION)
        for content in extensions(translation, "content")
    ]
    return [wording for wording in (text(value, "text"), *translated) if wording is not None]


def _condition(value: Json) -> Condition:
    kind, compared = choice(value, "answer")
    return Condition(text(value, "question") or "", text(value, "operator") or "", kind, compared)


def _number(value: Json, url: str) -> int | None:
    found = extension_value(value, url)
    return found if isinstance(found, int) and not isinstance(found, bool) else None
