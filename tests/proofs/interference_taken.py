"""Identifiers that others of the same clinic use: what their use tells to whoever writes under one of them.

An identifier is unique within its clinic (decision 0002), so one that is taken is refused, and who has learnt it, a
random UUID, learns that it is in use. Nothing more may be told: not by whom, and not whether what bears it was sent or
is a draft, which is its patient's alone (product rule 13).
"""

import sqlite3
from contextlib import closing

from service.cli.demo_clinic import CLINIC
from tests.proofs.interference_people import ADA
from tests.proofs.interference_worlds import Side


def taken_keys(side: Side) -> list[str]:
    """All identifiers of others at Ada's clinic: first of what they sent, then of their drafts."""
    return [*_keys(side, "entries"), *_keys(side, "drafts")]


def one_of_each(side: Side) -> tuple[str, str]:
    """The identifiers of something that another sent, and of another's draft."""
    return _keys(side, "entries")[0], _keys(side, "drafts")[0]


def _keys(side: Side, table: str) -> list[str]:
    question = f'SELECT key FROM "{table}" WHERE clinic = ? AND patient_id <> ? ORDER BY key'
    with closing(sqlite3.connect(side.database)) as connection:
        return [str(key) for (key,) in connection.execute(question, (CLINIC, ADA))]
