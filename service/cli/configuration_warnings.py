"""What a clinic's file says that can be used and is probably not meant: one sentence each, for a manager to read."""

from collections import Counter
from collections.abc import Iterable, Iterator

from service.clinic import Clinic
from service.ehr.cautions import cautions
from service.ehr.profile import EMBEDDED, is_decided
from service.filing_table import FilingTable
from service.journal.match import EncounterSeen, MatchRule, Why
from service.journal.prompts import PromptLibrary


def warnings(clinic: Clinic, filing: FilingTable, sets: PromptLibrary) -> list[str]:
    """Everything in the file alone that deserves a second look; `filing` is what its table amounts to."""
    return [*cautions(clinic, filing), *_series(clinic, sets), *_filing(clinic, filing)]


def about_the_rule(rule: MatchRule, visits: Iterable[EncounterSeen]) -> tuple[str, bool]:
    """What the rule makes of these visits, and whether that is a warning: it matches none of them, or all."""
    judged = Counter(rule.judge(one) for one in visits)
    total, counted = judged.total(), judged[Why.COUNTS]
    reasons = ", ".join(
        f"{count} {why.value}" for why, count in sorted(judged.items()) if why is not Why.COUNTS
    )
    if not total:
        return "there are no encounters to try the rule on", False
    if not counted:
        return f"the rule matches none of {total} encounters ({reasons})", True
    if counted == total:
        return f"the rule matches all of {total} encounters: intakes and follow-ups too?", True
    return f"the rule matches {counted} of {total} encounters ({reasons})", False


def _series(clinic: Clinic, sets: PromptLibrary) -> Iterator[str]:
    table, closing = clinic.series, sets.closing
    if closing is not None and closing.ordinal != table.length:
        yield (
            f"series.length is {table.length}, and the text of the closing set speaks of infusion"
            f" {closing.ordinal}"
        )
    if table.booster is not None and sets.by_url(table.booster) is None:
        yield f"series.booster {table.booster} is not published here: nothing would be asked beyond the last set"
    if table.beyond == "repeating" and sets.repeating is None:
        yield 'series.beyond is "repeating", and the set of the repeating prompts is not published here'


def _filing(clinic: Clinic, filing: FilingTable) -> Iterator[str]:
    if not is_decided(clinic.filing):
        return
    if filing.rung == "D":
        yield (
            "filing.rung is D: nothing there keeps a summary from being filed twice, so whatever is not known to have"
            " arrived waits for a person"
        )
    elif clinic.filing.test_patient is None and clinic.filing.profile != EMBEDDED:
        yield (
            f"filing.rung is {filing.rung}, and nobody can prove it with profile {clinic.filing.profile}: name a"
            " filing.test_patient and run check-clinic --prove"
        )
