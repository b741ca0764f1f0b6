"""How an attempt to file ended: one of six values, each telling what may be done next (ehr-writeback C3)."""

from dataclasses import dataclass
from enum import StrEnum


class Rung(StrEnum):
    """How a record system keeps us from filing twice (fault-matrix section 2, rule 4)."""

    PUT = "A"  # an update at an id of ours
    CONDITIONAL = "B"  # If-None-Exist
    SEARCH = "C"  # search by our identifier before every create
    NONE = "D"  # none of these: what is unknown waits for a person


class Why(StrEnum):
    """Why a record system's refusal will not heal by itself."""

    CONTENT = "content"  # 400, 422
    FORM = "form"  # 406, 413, 415: the next rendition may be taken
    SIGN_IN = "sign-in"  # 401, or no token to be had
    SCOPE = "scope"  # 403, or a scope that was not granted
    TARGET = "target"  # 404, 410: patient or encounter moved
    DECEASED = "deceased"  # the record says that the patient died
    INACTIVE = "record-inactive"  # the record is out of use, and names none in its place
    CONFLICT = "conflict"  # 409, 412
    SEVERAL = "several-found"  # two documents carry this version's identifier
    MISMATCH = "mismatch"  # what stands there under our identifier is not what we file
    STRUCK = "struck-there"  # somebody marked it as entered in error
    NOT_OFFERED = "not-offered"  # the record system does not do this at all
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Filed:
    """It stands in the record. `verified`: read back and compared. `existed`: it was there before this attempt.

    `retry_after` is the header, as sent, where reading it back was answered with a wish to wait.
    """

    id: str
    version: str | None = None
    verified: bool = True
    existed: bool = False
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class HeldThere:
    """The record system took it and holds it for review (202): not yet in the record (W-15)."""

    id: str | None = None


@dataclass(frozen=True, slots=True)
class NotSent:
    """Nothing was written; it may be tried again freely, once `retry_after` is over where it was asked for."""

    reason: str
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Busy:
    """The record system asks to wait; nothing was processed. `retry_after` is its header, as sent."""

    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """It was sent, and nobody can say whether it was carried out: never to be repeated blindly (W-12)."""

    reason: str
    retry_after: str | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """It was refused and a person must look: the HTTP status, the OperationOutcome's codes and paths, ids found."""

    why: Why
    status: int | None = None
    codes: tuple[str, ...] = ()
    expressions: tuple[str, ...] = ()
    found: tuple[str, ...] = ()


Outcome = Filed | HeldThere | NotSent | Busy | Unknown | Refused


def wait_asked_in(outcome: Outcome) -> str | None:
    """The Retry-After that came with what was answered, as sent; None where there was none (F12)."""
    return outcome.retry_after if isinstance(outcome, Busy | Filed | NotSent | Unknown) else None
