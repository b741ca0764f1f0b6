"""What an answer of the authorization matrix tells: all that can be compared, and whose words and names stand in it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import httpx2

from tests.proofs.matrix_behind import ABSENT, ELSEWHERE, FAMILIES, NAMES, Behind, Slot
from tests.proofs.matrix_oracle import Expected
from tests.proofs.matrix_probes import Probe
from tests.summary.reading import with_pypdf

# What differs from answer to answer by its nature; lengths differ with the ids that are echoed.
_FLEETING = re.compile(
    r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|\d{4}-\d\d-\d\dT[0-9:.]+(?:Z|[+-]\d\d:\d\d)"
)
_OF_THE_ANSWER = ("x-request-id", "date", "content-length")


@dataclass(frozen=True, slots=True)
class Told:
    """All of an answer that tells anything: the ids of the request stand in it as `that`."""

    status: int
    headers: Mapping[str, str]
    body: str


def told(answer: httpx2.Response, slot: Slot) -> Told:
    """The answer to a request that was filled with this slot."""
    headers = {
        name: _plain(value, slot) for name, value in answer.headers.items() if name not in _OF_THE_ANSWER
    }
    return Told(answer.status_code, headers, _plain(answer.text, slot))


def _plain(text: str, slot: Slot) -> str:
    for value in sorted((one for one in slot.values() if len(one) > 2), key=len, reverse=True):
        text = text.replace(value, "that")
    return _FLEETING.sub("that", text)


def leaks(
    answer: httpx2.Response, probe: Probe, asked: set[str], behind: Behind, right: Expected
) -> list[str]:
    """What stands in this answer and may not: words, drafts, names and ids, but for what was asked with."""
    text = f"{_text(answer)} {dict(answer.headers)}"
    echoed = " ".join(asked)
    found = []
    for who in NAMES:
        sent, draft = behind.words(who)
        ids = behind.ids(who) | _names(who, behind) if who not in right.named else set()
        # The log says which draft was saved, never what.
        keys = {draft} if probe.row.of_the_log else {draft, *behind.drafts(who)}
        if who not in right.whose and sent in text:
            found.append(f"words of {who}")
        if not (who in right.whose and right.drafts):
            found += [f"a draft of {who}" for one in keys if one in text and one not in echoed]
        found += [f"ids of {who}" for one in ids if one in text and one not in echoed]
    return found


def _text(answer: httpx2.Response) -> str:
    is_file = answer.headers.get("content-type") == "application/pdf" and answer.content
    return with_pypdf(answer.content) if is_file else answer.text


def _names(who: str, behind: Behind) -> set[str]:
    """What tells of a patient by name; one of these ids is at both clinics, where it is two people's."""
    slot = behind.slots[who]
    return {FAMILIES[who]} if who == ELSEWHERE else {FAMILIES[who], slot["patient"], slot["encounter"]}


def compares(probe: Probe, right: Expected) -> bool:
    """Whether the answer has to be the same as for what is not there."""
    return right.as_nobodys and probe.slot != ABSENT
