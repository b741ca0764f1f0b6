"""What became of the responses themselves, where the record system takes them: one for an entry, brought up to date.

A response is known there by its words: which entry they are of is how they begin, and each change makes them longer.
"""

from collections.abc import Iterable, Iterator

from service.journal.entries import Filing, FilingKind, FilingState
from tests.delivery.judge import STRUCK, Verdict, places
from tests.delivery.lanes import VISIBLE, waits
from tests.delivery.ledger import Ledger, Resource
from tests.delivery.merging import Merging
from tests.delivery.people import Acknowledged


def judge_responses(
    verdict: Verdict,
    ledger: Ledger,
    known: Iterable[Acknowledged],
    owed: Iterable[Filing],
    merging: Merging,
) -> None:
    """Add to the verdict what is to be said of the responses in this ledger."""
    owed = list(owed)
    filings = {(one.entry_id, one.entry_version): one for one in owed if one.kind is FilingKind.RESPONSE}
    strikes = {one.entry_id: one for one in owed if one.kind is FilingKind.STRIKE}
    is_placed = places(ledger, merging)
    newest = {one.entry: one for one in known}
    for last in newest.values():
        theirs = [one for one in ledger.standing() if _begins(one) == _beginning(last.words)]
        verdict.counts["responses"] += bool(theirs)
        if not all(is_placed(one, last.patient) for one in theirs):
            verdict.wrong("misfiled", f"the response of {last.words}")
        if last.struck:
            _struck(verdict, last, strikes.get(last.entry), theirs)
            continue
        filing = filings.get((last.entry, last.version))
        if filing is None or filing.state is not FilingState.DUE or not waits(filing, owed):
            wrong = _wrong(filing, last, theirs, [one for one in ledger.held if _words(one) == last.words])
            if wrong:
                state = filing and f"{filing.state.value} ({filing.reason})"
                verdict.wrong(wrong, f"the response of {last.words} (version {last.version}): we say {state}")
    _one_at_a_time(verdict, ledger)


def _wrong(
    filing: Filing | None, last: Acknowledged, theirs: list[Resource], held: list[Resource]
) -> str | None:
    if filing is None or filing.state is FilingState.CANCELLED:
        return "lost"
    if filing.state is FilingState.DUE:
        return "stuck"
    if filing.state in VISIBLE:
        return None if filing.reason or filing.state is FilingState.WAITING else "lost"
    if not theirs:
        return None if held else "lost"
    if _words(theirs[-1]) != last.words:
        return "unmarked"
    visit = theirs[-1]["encounter"]["reference"]
    return None if visit == f"Encounter/{last.encounter}" else "misfiled"


def _struck(verdict: Verdict, last: Acknowledged, strike: Filing | None, theirs: list[Resource]) -> None:
    standing = [one for one in theirs if one["status"] != STRUCK]
    if standing and (strike is None or strike.state not in VISIBLE):
        verdict.wrong("unstruck", f"the response of {last.words}")


def _one_at_a_time(verdict: Verdict, ledger: Ledger) -> None:
    """Of an entry one response stands, and its words go forward only; what somebody struck there stays struck."""
    standing: dict[str, str] = {}
    reached: dict[str, int] = {}
    struck: set[str] = set()
    for line in ledger.lines:
        entry, words = _begins(line.resource), _words(line.resource)
        if line.resource["status"] == STRUCK:
            struck.add(line.id)
        elif line.id in struck:
            verdict.wrong("resurrected", f"the response of {words}")
        if line.id not in struck and standing.setdefault(entry, line.id) != line.id:
            verdict.wrong("duplicates", f"the response of {words}")
        if line.id in struck and standing.get(entry) == line.id:
            del standing[entry]
        if len(words) < reached.get(entry, 0):
            verdict.wrong("disordered", f"the response of {words}")
        reached[entry] = max(len(words), reached.get(entry, 0))


def _words(response: Resource) -> str:
    return next(_answers(response["item"]))


def _answers(items: list[Resource]) -> Iterator[str]:
    for item in items:
        yield from (one["valueString"] for one in item.get("answer", ()) if "valueString" in one)
        yield from _answers(item.get("item", []))


def _begins(response: Resource) -> str:
    return _beginning(_words(response))


def _beginning(words: str) -> str:
    return words.partition(",")[0]
