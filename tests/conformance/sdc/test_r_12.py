"""A response holds every item that is needed to understand it, those for display and those left empty too.
[FHIR R4 questionnaireresponse, notes; SDC 4.0 validation]
"""

import json

from service.journal.entries import EntryStatus
from service.r4.questionnaire_response import FiledEntry, write
from tests.conformance.sdc.asking import by_link
from tests.conformance.sdc.published import of_type, questionnaire
from tests.conformance.sdc.written import written
from tests.r4.answered import everything
from tests.world import NOON, World


def test_what_a_page_wrote_holds_them_all(world: World) -> None:
    found = by_link(written(world, words={"ai1.3": "only this"}))

    assert len(found) == 7
    assert [link for link, one in found.items() if "answer" in one] == ["ai1.3"]
    for display in of_type(questionnaire(), "display"):
        assert found[display["linkId"]]["text"] == display["text"]


def completed(answers: dict[str, str]) -> list[str]:
    """The items at the top of a completed response to the set with every kind of item."""
    filed = FiledEntry(
        entry_key="7b0e6d9e-6c1b-4a51-9f0e-2f0c2b8f7a10",
        patient_id="pat-1",
        encounter_id=None,
        prompts=everything(),
        answers=answers,
        status=EntryStatus.COMPLETED,
        authored=NOON,
        language="en",
    )
    return [one["linkId"] for one in json.loads(write(filed))["item"]]


def test_what_was_not_put_is_in_no_completed_response_of_ours() -> None:
    assert "why" not in completed({"free": "ocean"})
    assert "why" in completed({"free": "ocean", "why": "no word is ever lost"})
