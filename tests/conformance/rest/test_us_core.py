"""A response and a document bear every element that US Core marks as mandatory, and those it wants supported that a
journal entry has. [US Core 7, QuestionnaireResponse and DocumentReference, must support]
"""

import pytest

from tests.conformance.rest.asking import DR, QR, Day

WANTED = {
    QR: [
        *("identifier.value", "questionnaire", "status", "subject.reference", "authored", "author.reference"),
        *("item.linkId", "item.answer.valueString"),
    ],
    DR: [
        *(
            "identifier.value",
            "status",
            "type.coding.code",
            "category.coding.code",
            "subject.reference",
            "date",
        ),
        *("author.reference", "content.attachment.contentType", "content.attachment.url"),
        *("content.format.code", "context.encounter.reference", "context.period.start"),
    ],
}


def stands(value: object, steps: list[str]) -> bool:
    """Whether anything stands at the end of this way, in one of the elements that repeat."""
    if isinstance(value, list):
        return any(stands(one, steps) for one in value)
    if not steps:
        return bool(value)
    return isinstance(value, dict) and stands(value.get(steps[0]), steps[1:])


@pytest.mark.parametrize(("kind", "path"), [(kind, path) for kind, paths in WANTED.items() for path in paths])
def test_the_element_is_there(day: Day, kind: str, path: str) -> None:
    assert stands(day.app.get(day.place(kind)).json(), path.split("."))
