"""What is counted, and what a log lists, ends at one's reach: also where no resource and no word is shown (T4, T7)."""

import pytest

from tests.people import App, Officer, app_of, backend_app, clinician, officer, patient, staff_app
from tests.world import CLINIC, OTHER, World

KINDS = ("QuestionnaireResponse", "Task", "Encounter", "DocumentReference", "Provenance")
NAMES = ("patient-six-done", "patient-eight-done")


def scope(level: str) -> str:
    return " ".join(f"{level}/{kind}.rs" for kind in KINDS)


def counted(app: App, kind: str) -> int:
    told: int = app.get(f"{kind}?_summary=count").json()["total"]
    return told


@pytest.mark.parametrize("kind", KINDS)
def test_the_number_of_matches_is_that_of_what_one_may_find(world: World, kind: str) -> None:
    """Two patients come to what the clinic's own system counts, and staff without a chart to nothing."""
    for name in NAMES:
        patient(world, name).write(f"{name.removeprefix('patient-')}-1", {"ai1.1": "words"})
    world.deliver()
    mine = [app_of(world, name, scope=scope("patient")) for name in NAMES]

    numbers = [counted(app, kind) for app in mine]

    for app, number in zip(mine, numbers, strict=True):
        assert number == len(app.get(f"{kind}?_count=200").json()["entry"]) > 0
    assert counted(backend_app(world, scope=scope("system")), kind) == sum(numbers)
    charted = staff_app(world, "clinician-2", chart=NAMES[0], scope=scope("user"))
    assert counted(charted, kind) == numbers[0]
    assert counted(staff_app(world, "clinician-2", scope=scope("user")), kind) == 0


def looked_at(auditor: Officer) -> list[str]:
    """Every page on which an officer sees the log."""
    return [auditor.get(path).text for path in ("", f"patient/{NAMES[0]}", "export.ndjson")]


def test_an_officer_sees_the_log_of_their_own_clinic_alone(world: World) -> None:
    """Both clinics have patients and staff of the same names; what tells them apart is what was written."""
    sent = {}
    for home in (CLINIC, OTHER):
        key = patient(world, clinic=home).write("six-done-1", {"ai1.1": "words"})
        sent[home] = world.desk.entry_id(home, key)
        clinician(world, clinic=home)

    for home, elsewhere in ((CLINIC, OTHER), (OTHER, CLINIC)):
        for page in looked_at(officer(world, home)):
            text = page.replace("<wbr>", "")
            assert sent[home] in text
            assert sent[elsewhere] not in text
            assert f"/{elsewhere}/" not in text
