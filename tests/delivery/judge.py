"""What became of everything that was acknowledged: judged by the record system's ledger, against what we say of it."""

import base64
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from service.ehr.outcome import Rung
from service.journal.entries import Filing, FilingKind, FilingState
from tests.delivery.house import read_stand_in
from tests.delivery.lanes import VISIBLE, waits
from tests.delivery.ledger import Ledger, Resource
from tests.delivery.merging import NEW, Merging
from tests.delivery.people import Acknowledged

STRUCK = "entered-in-error"
# Each of these is a promise that was not kept.
WRONGS = (
    "lost",  # acknowledged, and neither in the record nor on anybody's list
    "duplicates",  # standing more than once
    "misfiled",  # under another patient or encounter, or with other words
    "disordered",  # a later version before an earlier one
    "strays",  # sent, and we say that it was cancelled
    "unmarked",  # its successor was filed, and it does not say so
    "resurrected",  # struck there by a person, and current again
    "unstruck",  # entered in error, and still standing there
    "stuck",  # still due after everything has healed
    "two_hands",  # two workers at one patient within one lease
    "late_sends",  # sent without a lease
    "broken",  # the service failed in a way of its own
)


@dataclass(slots=True)
class Verdict:
    """How often what was found; `said` tells of each wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    said: list[str] = field(default_factory=list)

    def wrong(self, what: str, about: str) -> None:
        """One more of these wrongs."""
        self.counts[what] += 1
        self.said.append(f"{what}: {about}")

    @property
    def wrongs(self) -> int:
        """How many wrongs of any kind."""
        return sum(self.counts[one] for one in WRONGS)


@dataclass(frozen=True, slots=True)
class _Document:
    """A document that stands there, and what its bytes say."""

    resource: Resource
    version: str
    entry: str
    number: int
    words: tuple[str, ...]

    @property
    def status(self) -> str:
        return str(self.resource["status"])


def judge(
    verdict: Verdict,
    rung: Rung,
    ledger: Ledger,
    known: Iterable[Acknowledged],
    owed: Iterable[Filing],
    merging: Merging | None = None,
) -> None:
    """Add to the verdict what is to be said of this record system's ledger, in which these records were merged."""
    owed = list(owed)
    filings = {(one.entry_id, one.entry_version): one for one in owed if one.kind is FilingKind.SUMMARY}
    strikes = {one.entry_id: one for one in owed if one.kind is FilingKind.STRIKE}
    documents = [_read(one) for one in ledger.standing()]
    is_placed = places(ledger, merging or Merging({}, brings=False))
    held = [_read(one) for one in ledger.held]
    known = list(known)
    newest = {one.entry: one for one in known}
    for one in known:
        if not one.struck:
            verdict.counts["acknowledged"] += 1
            _one(verdict, one, filings, documents, held, newest, is_placed)
    for entry, last in newest.items():
        theirs = [one for one in documents if one.entry == entry]
        _entry(verdict, rung, last, theirs, filings)
        if last.struck:
            _struck(verdict, last, strikes.get(entry), [one for one in theirs if one.status != STRUCK])
    _once_at_a_time(verdict, ledger)
    _in_order(verdict, ledger.taken)
    _not_resurrected(verdict, ledger)


def _one(
    verdict: Verdict,
    told: Acknowledged,
    filings: Mapping[tuple[str, int], Filing],
    documents: list[_Document],
    held: list[_Document],
    newest: Mapping[str, Acknowledged],
    is_placed: Callable[[Resource, str], bool],
) -> None:
    about = f"{told.words} (version {told.version})"
    filing = filings.get((told.entry, told.version))
    if filing is None:
        if not newest[told.entry].struck:
            verdict.wrong("lost", f"{about}: nothing is owed")
        return
    mine = [one for one in documents if one.version == filing.version_identifier]
    verdict.counts[filing.state.value] += 1
    verdict.counts["filed_there"] += bool(mine)
    for one in mine:
        if not (_is_right(one.resource, one, told) and is_placed(one.resource, told.patient)):
            verdict.wrong("misfiled", about)
        verdict.counts["followed"] += one.resource["author"][0]["reference"] == f"Patient/{NEW}"
    waiting = [one for one in held if one.version == filing.version_identifier]
    if filing.state is FilingState.DUE and waits(filing, filings.values()):
        verdict.counts["behind"] += 1
        return
    is_over = newest[told.entry].struck and filing.state is FilingState.CANCELLED
    wrong = _wrong(filing, mine, waiting, is_last=newest[told.entry].version == told.version)
    if wrong and not is_over:
        verdict.wrong(wrong, f"{about}: we say {filing.state.value} ({filing.reason})")


def _wrong(filing: Filing, mine: list[_Document], held: list[_Document], *, is_last: bool) -> str | None:
    if filing.state is FilingState.DUE:
        return "stuck"
    if filing.state is FilingState.CANCELLED:
        if mine or held:
            return "strays"
        return "lost" if is_last else None
    if filing.state in VISIBLE:
        return None if filing.reason or filing.state is FilingState.WAITING else "lost"
    return None if mine or held else "lost"


def _is_right(resource: Resource, document: _Document, told: Acknowledged) -> bool:
    encounters = [one["reference"] for one in resource["context"]["encounter"]]
    return (
        encounters == [f"Encounter/{told.encounter}"]
        and (document.entry, document.number) == (told.entry, told.version)
        and document.words == (told.words,)
    )


def places(ledger: Ledger, merging: Merging) -> Callable[[Resource, str], bool]:
    """Whether a resource that stands is in the record of this patient that held while it was filed (F52)."""
    taken = {str(one["id"]): one for one in ledger.taken}

    def is_right(resource: Resource, patient: str) -> bool:
        first = taken[resource["id"]]
        subject = first["subject"]["reference"]
        allowed = merging.allowed(patient, *ledger.attempts[resource["id"]])
        return (
            subject.removeprefix("Patient/") in allowed
            and _author(first) == subject
            and resource["subject"]["reference"] == merging.brought(first)
        )

    return is_right


def _author(resource: Resource) -> str:
    """Who wrote it: documents name several, responses one."""
    author = resource.get("author") or resource["subject"]
    return str((author[0] if isinstance(author, list) else author)["reference"])


def _entry(
    verdict: Verdict,
    rung: Rung,
    last: Acknowledged,
    documents: list[_Document],
    filings: Mapping[tuple[str, int], Filing],
) -> None:
    """Of what we call filed, only the newest version is current, where documents can be marked at all."""
    if rung is Rung.NONE:
        return
    states = {n: one.state for (entry, n), one in filings.items() if entry == last.entry}
    newest = max((n for n, state in states.items() if state is FilingState.FILED), default=0)
    for one in documents:
        is_ours = states.get(one.number) is FilingState.FILED
        if one.number < newest and one.status == "current" and is_ours:
            verdict.wrong("unmarked", f"{' '.join(one.words)} (version {one.number} of {newest})")


def _struck(verdict: Verdict, last: Acknowledged, strike: Filing | None, standing: list[_Document]) -> None:
    """Nothing stands there any more of what was entered in error, or somebody is shown that it does."""
    state = strike.state if strike else None
    verdict.counts["struck"] += 1
    if state is FilingState.DUE:
        verdict.wrong("stuck", f"the strike of {last.words}")
    elif standing and state not in VISIBLE:
        verdict.wrong("unstruck", f"{last.words}: {len(standing)} stand, and we say {state}")


def _in_order(verdict: Verdict, taken: Iterable[Resource]) -> None:
    reached: dict[str, int] = {}
    for resource in taken:
        one = _read(resource)
        if one.number < reached.get(one.entry, 0):
            verdict.wrong("disordered", f"{' '.join(one.words)} (version {one.number})")
        reached[one.entry] = max(one.number, reached.get(one.entry, 0))


def _once_at_a_time(verdict: Verdict, ledger: Ledger) -> None:
    """At no moment two copies of one version stand, even where one of them is struck later."""
    standing: dict[str, set[str]] = {}
    for line in ledger.lines:
        one = _read(line.resource)
        copies = standing.setdefault(one.version, set())
        if one.status == STRUCK:
            copies.discard(line.id)
        elif line.id not in copies:
            copies.add(line.id)
            if len(copies) > 1:
                verdict.wrong("duplicates", f"{' '.join(one.words)} (version {one.number})")


def _not_resurrected(verdict: Verdict, ledger: Ledger) -> None:
    struck: set[str] = set()
    for line in ledger.lines:
        if line.resource["status"] == STRUCK:
            struck.add(line.id)
        elif line.id in struck:
            verdict.wrong("resurrected", line.id)


def _read(resource: Resource) -> _Document:
    said = read_stand_in(base64.b64decode(resource["content"][0]["attachment"]["data"]))
    return _Document(resource, said["version"], said["entry"], said["number"], tuple(said["words"]))
