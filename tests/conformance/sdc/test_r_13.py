"""Each type of question takes the data type that R4 gives it, and no other; group and display take none.
[FHIR R4 questionnaire, Question types]
"""

import pytest

from service.journal.checking import check_items
from service.journal.items import GivenAnswer, QuestionItem, ResponseItem

TAKEN = {
    "boolean": {"Boolean"},
    "decimal": {"Decimal"},
    "integer": {"Integer"},
    "date": {"Date"},
    "dateTime": {"DateTime"},
    "time": {"Time"},
    "string": {"String"},
    "text": {"String"},
    "url": {"Uri"},
    "choice": {"Coding"},
    "open-choice": {"Coding", "String"},
    "reference": {"Reference"},
    "quantity": {"Quantity"},
    "group": set[str](),
    "display": set[str](),
}
TYPES = sorted(set().union(*TAKEN.values()))


@pytest.mark.parametrize("given", TYPES)
@pytest.mark.parametrize("asked", TAKEN)
def test_the_types_that_are_taken_are_those(asked: str, given: str) -> None:
    answer = ResponseItem("q", answers=(GivenAnswer(given, "something"),))
    faults = check_items((answer,), (QuestionItem("q", asked),), sent=True)

    assert (faults == ()) == (given in TAKEN[asked]), faults
