"""No cache may keep a patient's data. [FHIR R4 security, HTTP; product rule 28]"""

import pytest

from tests.conformance.rest.asking import BINARY_JSON, CLINICAL, QR, Day


@pytest.mark.parametrize("kind", [*CLINICAL, "Binary"])
def test_what_tells_of_a_patient_is_not_stored(day: Day, kind: str) -> None:
    answers = [day.app.get(day.place(kind)), day.app.get(day.place(kind), **BINARY_JSON)]
    if kind != "Binary":
        answers.append(day.app.get(kind))

    assert {one.status_code for one in answers} == {200}
    assert {one.headers["cache-control"] for one in answers} == {"no-store"}


def test_neither_are_histories_and_refusals(day: Day) -> None:
    for path in (f"{day.place(QR)}/_history", f"{day.place(QR)}/_history/1", f"{QR}/nothing"):
        assert day.app.get(path).headers["cache-control"] == "no-store"
