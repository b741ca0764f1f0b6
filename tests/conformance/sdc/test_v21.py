"""A string holds no control character but tab, line feed and carriage return, and is no longer than one mebibyte.
[FHIR R4 datatypes, string]
"""

import pytest

from service.journal.checking import check_items
from service.journal.items import GivenAnswer, QuestionItem, ResponseItem
from tests.conformance.sdc.asking import AS_NEW, QR, Value, answered, mine, taken
from tests.r4.answered import item
from tests.world import World

LONG = "x" * (1024 * 1024 + 1)
CONTROLS = ["\x00", "\x07", "\x0b", "\x0c", "\x1b", "\x1f"]


def saying(words: str, status: str = "completed") -> Value:
    return answered(lambda v: item(v, "needed").update(answer=[{"valueString": words}]), status=status)


@pytest.mark.parametrize("status", ["completed", "in-progress"])
@pytest.mark.parametrize(("words", "code"), [*((f"a{one}b", 400) for one in CONTROLS), (LONG, 413)])
def test_such_a_string_is_not_even_read(clinic: World, words: str, code: int, status: str) -> None:
    """It is no JSON of FHIR's, or more than fits: refused before its questionnaire is asked, and by $validate too."""
    for path in (QR, AS_NEW):
        answer = mine(clinic).post(path, saying(words, status))
        assert (answer.status_code, len(answer.json()["issue"])) == (code, 1)


@pytest.mark.parametrize("words", [*(f"a{one}b" for one in CONTROLS), LONG])
@pytest.mark.parametrize("sent", [True, False])
def test_the_rule_itself_names_the_place(words: str, sent: bool) -> None:
    """For what comes by another way than a body."""
    given = ResponseItem("q", answers=(GivenAnswer("String", words),))
    [fault] = check_items((given,), (QuestionItem("q", "text"),), sent=sent)

    assert (fault.code, fault.severity) == ("value", "error")
    assert fault.expression == f"{QR}.item[0].answer[0].value"


def test_tab_and_line_ends_are_taken_as_they_are(clinic: World) -> None:
    words = "one\ttwo\nthree\r\nfour"
    assert item(taken(clinic, saying(words)), "needed")["answer"] == [{"valueString": words}]
