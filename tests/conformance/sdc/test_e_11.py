"""With a search for responses come, where it is asked, the records of where each comes from.
[US Core 7.0 QuestionnaireResponse, _revinclude=Provenance:target]
"""

from tests.conformance.sdc.asking import NAME, QR, first_set, taken
from tests.people import app_of
from tests.world import World


def test_they_come_beside_the_matches(world: World) -> None:
    kept = taken(world, first_set(world))
    app = app_of(world, scope="patient/QuestionnaireResponse.crs patient/Provenance.rs")

    entries = app.get(f"{QR}?patient={NAME}&_revinclude=Provenance:target").json()["entry"]

    by_mode = {one["search"]["mode"]: one["resource"] for one in entries}
    assert by_mode["match"] == kept
    assert by_mode["include"]["resourceType"] == "Provenance"
    assert by_mode["include"]["target"][0]["reference"].startswith(f"{QR}/{kept['id']}")
