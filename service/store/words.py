"""How answers and links stand in a row: words sealed for their place, the link in columns."""

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row

from service.journal.entries import Answer, Link
from service.store.sealing import Place, Seal, Sealed


def sealed_answers(seal: Seal, place: Place, answers: Iterable[Answer]) -> Sealed:
    """All answers, the private ones too, sealed for this place."""
    value = [[answer.link_id, answer.text, answer.private] for answer in answers]
    return seal.seal(place, json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def opened_answers(seal: Seal, place: Place, sealed: Sealed) -> tuple[Answer, ...]:
    """The answers as they were sealed for this place."""
    return tuple(
        Answer(link_id, text, private) for link_id, text, private in json.loads(seal.open(place, sealed))
    )


def link_columns(link: Link) -> dict[str, object]:
    """The link as columns."""
    return {
        "encounter_id": link.encounter_id,
        "ordinal": link.ordinal,
        "infusion_start": link.infusion_start,
        "infusion_end": link.infusion_end,
        "evidence": json.dumps(link.evidence),
        "rule_version": link.rule_version,
        "series": link.series,
    }


def as_link(row: Row[Any]) -> Link:
    """The link that these columns say."""
    return Link(
        row.encounter_id,
        row.ordinal,
        row.infusion_start,
        row.infusion_end,
        tuple(json.loads(row.evidence)),
        row.rule_version,
        row.series,
    )
