"""`iss` is compared as a whole string with the configured address, with and without a slash at its end; nothing is
parsed, cut or folded. The configuration itself takes no user, query, fragment or plain http beyond this machine.
[SMART App Launch 2.2, app-launch, App protection; our rule]
"""

from pathlib import Path

import pytest

from service.cli.demo_clinic import clinics_file
from service.clinic import ClinicsUnreadable, read_clinics
from tests.conformance.smart.launching import at_the_door
from tests.world import EHR, World

ISS = f"{EHR}/fhir"
ALIKE = (
    f"{ISS}x",
    f"{ISS}//",
    f"{ISS}/metadata",
    ISS.upper(),
    ISS.replace("//", "//user@"),
    ISS.replace("localhost", "127.0.0.1"),
    ISS.replace("/fhir", "/x/../fhir"),
    EHR,
)
UNFIT = (
    "http://ehr.example",
    "https://user@ehr.example",
    "https://ehr.example?x=1",
    "https://ehr.example#x",
    "ftp://ehr.example",
)


@pytest.mark.parametrize(("iss", "status"), [(ISS, 303), (f"{ISS}/", 303), *((one, 400) for one in ALIKE)])
def test_only_the_configured_spellings_pass(world: World, iss: str, status: int) -> None:
    assert at_the_door(world, iss=iss, launch="x").status_code == status


@pytest.mark.parametrize("address", UNFIT)
def test_the_configuration_refuses_an_address_that_could_mean_another(tmp_path: Path, address: str) -> None:
    (tmp_path / "clinics.toml").write_text(clinics_file(EHR).replace(f"{EHR}/fhir", address), "utf-8")

    with pytest.raises(ClinicsUnreadable):
        read_clinics(tmp_path / "clinics.toml")
