"""The statement says which types are changed by their version alone. [FHIR R4 http, Support for Versions]"""

from tests.conformance.rest.asking import QR, Day


def test_what_may_be_changed_is_changed_by_its_version(day: Day) -> None:
    told = {one["type"]: one for one in day.app.get("metadata").json()["rest"][0]["resource"]}
    changed = {
        name for name, one in told.items() if "update" in {each["code"] for each in one["interaction"]}
    }

    assert changed == {QR, "Task"}
    assert {told[name]["versioning"] for name in changed} == {"versioned-update"}
