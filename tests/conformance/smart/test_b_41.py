"""With scopes of a patient everything that is read or written lies in that patient's compartment; the questionnaires
are nobody's data and open to all. [SMART App Launch 2.2, scopes, Patient-specific scopes; FHIR R4 compartments]
"""

from tests.conformance.rest.asking import DR, QR, found_in, lived
from tests.conformance.smart.asking import SET, scoped
from tests.world import World

KINDS = (QR, DR, "Encounter", "Task", "Provenance", "Binary")
WIDE = " ".join(f"patient/{kind}.rs" for kind in KINDS)


def test_another_patients_things_are_not_there(world: World) -> None:
    day = lived(world)
    mine, other = scoped(world, WIDE), scoped(world, WIDE, "patient-eight-done")

    for kind in KINDS:
        place = day.place(kind)
        assert mine.get(place).status_code == 200, place
        assert other.get(place).status_code == 404, place
    for kind in KINDS[:4]:
        ids = {one["id"] for one in found_in(mine.get(kind))}
        assert ids
        assert not ids & {one["id"] for one in found_in(other.get(kind))}


def test_a_questionnaire_is_for_all(house: World) -> None:
    for name in ("patient-six-done", "patient-eight-done"):
        assert scoped(house, "patient/Questionnaire.rs", name).get(SET).status_code == 200
