"""What became of each entry's newest words: read in the documents themselves, as they stand in the ledger.

Apart from the judge, for which an entry is there as soon as one document of it stands: here a lost change counts.
"""

import base64
import io
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pypdf import PdfReader

from service.sandbox.records.store import Records
from tests.killing.crowd import Told
from tests.killing.judge import on_the_list


def judge_words(folder: Path, database: str, entries: Iterable[Told]) -> Counter[str]:
    """Counts of lost (the newest words neither stand there nor wait on the list), listed (they wait there), unmarked
    (an earlier document stands beside them), duplicates (of one version) and misfiled; amended is no fault.
    """
    documents, listed, found = documents_in(folder), on_the_list(database), Counter[str]()
    for told in entries:
        found["amended"] += told.versions > 1
        mine = [one for one in documents if f"urn:uuid:{told.key}" in _names(one)]
        _judge_entry(told, mine, listed, found)
    return found


def _judge_entry(told: Told, mine: list[dict[str, Any]], listed: set[str], found: Counter[str]) -> None:
    standing = [one for one in mine if one["status"] == "current"]
    newest = [one for one in standing if told.words in _text(one)]
    found["listed"] += told.key in listed and not newest
    found["lost"] += not newest and told.key not in listed
    found["unmarked"] += len(standing) > 1 and told.key not in listed
    versions = Counter(
        one["masterIdentifier"]["value"] for one in mine if one["status"] != "entered-in-error"
    )
    found["duplicates"] += sum(count - 1 for count in versions.values())
    found["misfiled"] += any(one["subject"]["reference"] != f"Patient/{told.patient.id}" for one in mine)


def documents_in(folder: Path) -> list[dict[str, Any]]:
    """Each document of the ledger as it stands in the end."""
    records = Records(folder / "sandbox" / "records.sqlite", lambda: datetime.now(UTC))
    last = {
        line.resource["id"]: line.resource
        for line in records.ledger()
        if line.resource["resourceType"] == "DocumentReference"
    }
    records.close()
    return list(last.values())


def _names(document: dict[str, Any]) -> set[str]:
    return {one["value"] for one in document["identifier"]}


def _text(document: dict[str, Any]) -> str:
    data = base64.b64decode(document["content"][0]["attachment"]["data"])
    return "".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)
