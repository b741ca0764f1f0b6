"""A deployment knows each record system by its base address, our client id there, the kind of client we are, and the
scopes we want; without one of them it does not start. Launch and redirect addresses are fixed. [SMART App Launch 2.2,
app-launch, Register App with EHR]
"""

from pathlib import Path

import pytest

from service.cli.demo_clinic import clinics_file
from service.clinic import ClinicsUnreadable, read_clinics
from tests.conformance.smart.launching import at_the_door, query_of
from tests.world import CLINIC, EHR, JOURNAL, World


def test_a_clinics_file_holds_them(tmp_path: Path) -> None:
    (tmp_path / "clinics.toml").write_text(clinics_file(EHR), "utf-8")
    clinic = read_clinics(tmp_path / "clinics.toml")[CLINIC]

    assert clinic.iss == f"{EHR}/fhir"
    for app in (clinic.patient_app, clinic.clinician_app, clinic.officer_app):
        assert app is not None
        assert (app.kind, bool(app.client_id), bool(app.scopes)) == ("confidential-asymmetric", True, True)


@pytest.mark.parametrize("name", ["iss", "client_id", "scopes"])
def test_without_one_of_them_the_file_is_refused(tmp_path: Path, name: str) -> None:
    lines = clinics_file(EHR).splitlines()
    first = next(index for index, line in enumerate(lines) if line.startswith(f"{name} ="))
    (tmp_path / "clinics.toml").write_text("\n".join(lines[:first] + lines[first + 1 :]), "utf-8")

    with pytest.raises(ClinicsUnreadable, match=name):
        read_clinics(tmp_path / "clinics.toml")


@pytest.mark.parametrize("kind", ["patient", "clinician", "officer"])
def test_each_page_has_its_launch_address_and_all_come_back_to_one(world: World, kind: str) -> None:
    answer = at_the_door(world, kind, iss=f"{EHR}/fhir", launch="x")

    assert query_of(answer.headers["location"])["redirect_uri"] == f"{JOURNAL}/launch/callback"
