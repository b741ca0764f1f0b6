"""What each door asks of who comes: a policy is declared with the route, or the service does not start."""

from dataclasses import dataclass

from service.access.context import Role


@dataclass(frozen=True, slots=True)
class Policy:
    """Which roles may pass, and which FHIR interaction their token must allow; `public` asks nothing."""

    name: str
    roles: frozenset[Role] = frozenset()
    resource_type: str | None = None
    letter: str | None = None
    public: bool = False


PUBLIC = Policy("public", public=True)
LAUNCH = Policy("launch", public=True)  # nobody is signed in yet; the launch itself proves who comes
# A record system has no token of ours: the secret that the clinic agreed on with it proves who comes.
SUBSCRIPTION = Policy("subscription", public=True)
PATIENT_PAGE = Policy("patient-page", frozenset({Role.PATIENT}))
CLINICIAN_PAGE = Policy("clinician-page", frozenset({Role.CLINICIAN}))
OFFICER_PAGE = Policy("officer-page", frozenset({Role.OFFICER}))


def fhir(resource_type: str, letter: str) -> Policy:
    """The policy of a FHIR interaction on patients' data: `letter` as in SMART scopes v2."""
    roles = frozenset({Role.PATIENT, Role.CLINICIAN, Role.CLIENT})
    return Policy(f"fhir-{resource_type}-{letter}", roles, resource_type, letter)
