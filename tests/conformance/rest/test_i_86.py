"""No search looks through a reference, forwards or backwards: a chain is refused.
[FHIR R4 search, Chained parameters]
"""

import pytest

from tests.conformance.rest.asking import QR, Day, issue_codes

CHAINS = [
    "patient.identifier=x",
    "encounter.identifier=x",
    "patient.name=x",
    "subject:Patient.name=x",
    "encounter.status=finished",
    "_has:Provenance:target:agent=x",
]


@pytest.mark.parametrize("query", CHAINS)
def test_a_chain_is_refused(day: Day, query: str) -> None:
    answer = day.app.get(f"{QR}?{query}", Prefer="handling=lenient")

    assert (answer.status_code, issue_codes(answer)) == (400, ["not-supported"])
