"""A Provenance is there for whom the version it tells of is there. [FHIR R4 Compartment Patient; ours]"""

from tests.conformance.rest.asking import Day, backend, found_in, mine, names


def test_it_is_reached_as_far_as_its_response(day: Day) -> None:
    found = found_in(day.app.get("Provenance"))

    assert {str(one["id"]) for one in found} == {f"{day.first}.1", f"{day.second}.1"}
    for one in found:
        assert day.app.get(one["target"][0]["reference"]).status_code == 200
    assert day.app.get(f"Provenance/{day.theirs}.1").status_code == 404
    assert f"{day.theirs}.1" in names(backend(day.world).get("Provenance"))
    assert names(mine(day.world, "patient-two-in").get("Provenance")) == []
