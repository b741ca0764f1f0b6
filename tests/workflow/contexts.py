"""Who asks, for tests that call a workflow or the store directly."""

from service.access.context import AccessContext, Origin, Role
from tests.world import CLINIC

ORIGIN = Origin("request-of-a-test", "127.0.0.1")


def as_patient(
    name: str = "patient-six-done", clinic: str = CLINIC, visit: str = "visit-of-a-test"
) -> AccessContext:
    return AccessContext(
        clinic, Role.PATIENT, ORIGIN, person=f"Patient/{name}", patients=frozenset({name}), visit=visit
    )


def as_clinician(
    chart: str = "patient-six-done", clinic: str = CLINIC, name: str = "clinician-1"
) -> AccessContext:
    return AccessContext(
        clinic, Role.CLINICIAN, ORIGIN, person=f"Practitioner/{name}", patients=frozenset({chart})
    )


def as_officer(clinic: str = CLINIC) -> AccessContext:
    return AccessContext(clinic, Role.OFFICER, ORIGIN, person="Practitioner/officer-1")
