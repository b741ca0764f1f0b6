"""Who is asking: the one value that every question about a patient carries (threat model, rules 1 and 3)."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    """In what capacity somebody asks. Rights come from here, never from a launch URL."""

    NOBODY = "nobody"
    PATIENT = "patient"
    CLINICIAN = "clinician"
    OFFICER = "officer"
    CLIENT = "client"  # a backend service with system scopes
    WORKER = "worker"  # our own delivery
    OPERATOR = "operator"  # somebody at the command line


@dataclass(frozen=True, slots=True)
class Permission:
    """One granted interaction on one resource type: level patient, user or system; letter c, r, u, d or s."""

    level: str
    resource_type: str
    letter: str


@dataclass(frozen=True, slots=True)
class Limit:
    """A field of a row that must have one of these values, e.g. status: completed or amended."""

    field: str
    values: frozenset[str]


@dataclass(frozen=True, slots=True)
class Narrowing:
    """What rows of a resource type must meet to lie within reach: every limit of one of these ways (SMART B-14)."""

    resource_type: str
    ways: tuple[tuple[Limit, ...], ...]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from, for the audit: network address and request id."""

    request_id: str
    address: str | None = None


@dataclass(frozen=True, slots=True)
class AccessContext:
    """Who asks, for which clinic, and whose data they may touch.

    `patients` names the patients within reach; None means every patient of the clinic (care team, system
    clients), the empty set none. Where nothing is known, nothing is allowed. `subject` is the one whose chart is
    open, where records that theirs replaced are within reach as well (threat T9). `narrowings` hold all together,
    for whatever is read, whichever way (threat T16). `at` is the instant of asking: what was held from others is seen
    once its release has come, and without an instant nothing of it is (rule 15).
    """

    clinic: str
    role: Role
    origin: Origin
    person: str | None = None
    client: str | None = None
    patients: frozenset[str] | None = field(default_factory=frozenset)
    permissions: frozenset[Permission] = frozenset()
    token_digest: str | None = None
    visit: str | None = None
    subject: str | None = None
    narrowings: tuple[Narrowing, ...] = ()
    at: datetime | None = None

    def reaches(self, patient_id: str) -> bool:
        """Whether this patient's data lies within reach."""
        return self.patients is None or patient_id in self.patients

    @property
    def sees_drafts(self) -> bool:
        """Drafts, stopped, held and private words are the patient's alone (rules 13, 15, 16)."""
        return self.role is Role.PATIENT

    @property
    def sees_held(self) -> bool:
        """What is held until its release is the patient's own; the service attaches it, and shows it to nobody."""
        return self.role in (Role.PATIENT, Role.WORKER)

    @property
    def only_patient(self) -> str | None:
        """The one patient in context, where there is exactly one."""
        if self.subject is not None:
            return self.subject
        if self.patients is not None and len(self.patients) == 1:
            return next(iter(self.patients))
        return None
