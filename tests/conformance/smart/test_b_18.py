"""A scope passes on what its person may do and nothing beyond: the widest one gives a patient their own record alone,
an officer no patient's words, and nobody at all nothing. [SMART App Launch 2.2, scopes, SMART's scopes are used to
delegate access]
"""

from tests.conformance.smart.asking import QR, showing
from tests.people import app_of, patient, staff_app
from tests.world import EHR, World

WORDS = "planted-words"
WIDEST = "user/*.cruds patient/*.cruds"


def test_the_widest_scope_gives_no_more_than_its_person_has(world: World) -> None:
    patient(world).write("six-done-1", {"ai1.1": WORDS})
    nobody = showing(world, scope=WIDEST, fhirUser=f"{EHR}/fhir/Practitioner/nobody-here", patient=None)
    relative = showing(world, scope=WIDEST, fhirUser=f"{EHR}/fhir/RelatedPerson/related-two-in")

    for app in (
        app_of(world, "patient-two-in", scope=WIDEST),
        staff_app(world, "officer-1", scope=WIDEST),
        relative,
    ):
        answer = app.get(QR)
        assert WORDS not in answer.text
        assert answer.status_code in (200, 403)
    assert WORDS in app_of(world, scope=WIDEST).get(QR).text
    assert nobody.post(QR, {"resourceType": QR}).status_code == 403
