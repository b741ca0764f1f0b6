"""What each probe of the authorization matrix must be answered with, by the product's rules 13 and 29 to 31 alone."""

from dataclasses import dataclass

from service.cli.demo_clinic import CLINIC
from tests.proofs.matrix_behind import ABSENT, ADA, BOB, ELSEWHERE
from tests.proofs.matrix_people import Identity
from tests.proofs.matrix_probes import NOWHERE, OWN, Probe
from tests.proofs.matrix_rows import EXPORT, FHIR, PUBLIC, SECRET, Row

_HERE = frozenset({ADA, BOB})
_OPTIONS = frozenset({200})
_FOUND_NOTHING = frozenset({200})
_WRITING = frozenset({"patient.prompt", "patient.all_prompts"})


@dataclass(frozen=True, slots=True)
class Expected:
    """`allowed` with the statuses of an open answer, or those of a refusal.

    `as_nobodys`: exactly as what is not there. `whose` are the people whose sent words may stand in it, `named` those
    whose ids and names may, `drafts` whether unsent ones may, too.
    """

    allowed: bool
    statuses: frozenset[int]
    as_nobodys: bool = False
    whose: frozenset[str] = frozenset()
    named: frozenset[str] = frozenset()
    drafts: bool = False


def expected(probe: Probe) -> Expected:
    """By the door first, which knows nothing of any patient; then by whose things are asked for."""
    stopped = _at_the_door(probe.row, probe.who, probe.where)
    if stopped is not None:
        # Whoever is signed in may see whose chart it is that they have open, at every page.
        named = probe.who.reaches if probe.where == OWN and not probe.who.over else frozenset()
        return Expected(allowed=False, statuses=stopped, as_nobodys=True, named=named)
    if probe.method == "OPTIONS":
        # It tells which methods there are, and runs nothing: some doors turn people away by then, some later.
        is_theirs = probe.row.door not in (FHIR, EXPORT) or probe.who.kind in probe.row.kinds
        return Expected(is_theirs, _OPTIONS if is_theirs else _OPTIONS | {403}, as_nobodys=not is_theirs)
    return _by_whose(probe)


def comes_late(probe: Probe) -> bool:
    """Whether it is a form of a visit that is over: its words are held for its patient, who is told so (rule 14)."""
    is_form = probe.method == "POST" and probe.route.endpoint in _WRITING
    return is_form and probe.who.over and probe.where == OWN


def _at_the_door(row: Row, who: Identity, where: str) -> frozenset[int] | None:
    """How the door itself refuses; None where it opens."""
    if row.door == PUBLIC:
        return frozenset({200, 404}) if where == NOWHERE else None
    if row.door == SECRET:
        return None
    is_a_base = row.door in (FHIR, EXPORT)
    return _without_a_token(row, who, where) if is_a_base else _without_a_visit(row, who, where)


def _without_a_token(row: Row, who: Identity, where: str) -> frozenset[int] | None:
    if where == NOWHERE:
        return frozenset({404})
    if who.bearer in ("", "bad") or who.home != where or (who.bearer == "export") != (row.door == EXPORT):
        return frozenset({401})
    if who.bearer == "narrow" and not row.needs_scope:
        return _FOUND_NOTHING
    return None if who.bearer in ("good", "export") else frozenset({403})


def _without_a_visit(row: Row, who: Identity, where: str) -> frozenset[int] | None:
    if where != OWN or who.over:
        return frozenset({401})
    return None if who.kind == row.door else frozenset({403})


def _by_whose(probe: Probe) -> Expected:
    row, who = probe.row, probe.who
    if row.door == PUBLIC:
        return Expected(allowed=True, statuses=row.opened)
    if row.door == SECRET:
        return Expected(allowed=False, statuses=row.foreign, as_nobodys=True)
    if row.door in (FHIR, EXPORT) and who.kind not in row.kinds:
        # Their token has no right to it, whoever it is about.
        return Expected(allowed=False, statuses=frozenset({403}), as_nobodys=True)
    if row.team_only and not who.care_team:
        return Expected(allowed=False, statuses=row.foreign, as_nobodys=True, named=who.reaches)
    reached = _reached(row, who)
    whose = frozenset() if row.of_the_log else who.reaches
    if row.about_somebody and probe.slot not in reached:
        foreign = _FOUND_NOTHING if who.everybody and "{patient}" in row.query else row.foreign
        return Expected(False, foreign, as_nobodys=True, whose=whose, named=reached | whose)
    return Expected(True, row.opened | row.again, whose=whose, named=reached | whose, drafts=who.is_patient)


def _reached(row: Row, who: Identity) -> frozenset[str]:
    if row.of_the_log:
        return _HERE if who.home == CLINIC else frozenset({ELSEWHERE})
    if row.unsent and not who.is_patient:
        return frozenset()
    if row.over_patients and who.care_team:
        # Where nothing but the patient is named, it is any that the clinic may have.
        return _HERE | ({ELSEWHERE, ABSENT} if row.uses == {"patient"} else frozenset())
    return who.reaches
