"""Row-level security on PostgreSQL: the second wall (threat T7). SQLite knows nothing like it and stays as it is.

What a transaction may see and write is what it said with set_config(…, true) in `journal.reach` ("patients",
"clinic", "mark" or "house"), `journal.clinic`, `journal.patients` (a text array), `journal.drafts` and
`journal.mark`; who said nothing sees nothing. The subqueries are asked once a statement, not once a row.

A database that served before is walled for every role but the owner of its tables: the version before this one may
go on serving as that owner while its replicas are replaced. `store.serving_role` forces the wall later.

Revision ID: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_REACH = "(SELECT current_setting('journal.reach', true))"
_IN_CLINIC = "clinic = (SELECT current_setting('journal.clinic', true))"
_IS_MARK = "= (SELECT current_setting('journal.mark', true))"
_DRAFTS = "(SELECT current_setting('journal.drafts', true)) = 'on'"
# Once said, a setting is an empty text in the session's later transactions.
_IN_PATIENTS = "= ANY ((SELECT nullif(current_setting('journal.patients', true), '')::text[])::text[])"

# The filings that are seen are those within reach.
_OF_FILING = (
    "EXISTS (SELECT 1 FROM filings WHERE filings.clinic = summaries.clinic AND filings.id = filing_id)"
)


def _who(*, clinic: str = _IN_CLINIC, **arms: str) -> str:
    """One CASE and nothing beside it: the planner then takes half of the rows to pass, and keeps its plans.

    Joined by OR and AND it takes next to none to pass, and sorts a whole clinic for the newest fifty rows.
    """
    said = "".join(f" WHEN '{name}' THEN {rule}" for name, rule in {"clinic": clinic, **arms}.items())
    return f"CASE {_REACH}{said} WHEN 'house' THEN true ELSE false END"


_OF_CLINIC = _who()
_OF_CLINIC_AND_ITS_PATIENTS = _who(patients=_IN_CLINIC)
_OF_PATIENT = _who(patients=f"{_IN_CLINIC} AND patient_id {_IN_PATIENTS}")

_RULES = {
    "visits": _who(mark=f"handle {_IS_MARK}"),
    "launches": _who(mark=f"state_digest {_IS_MARK}"),
    "drafts": _who(
        clinic=f"{_DRAFTS} AND {_IN_CLINIC}",
        patients=f"{_DRAFTS} AND {_IN_CLINIC} AND patient_id {_IN_PATIENTS}",
    ),
    "entries": _OF_PATIENT,
    "entry_versions": _OF_PATIENT,
    "lanes": _OF_PATIENT,
    "filings": _OF_PATIENT,
    "summaries": _who(patients=f"{_IN_CLINIC} AND {_OF_FILING}"),
    "seen_encounters": _OF_PATIENT,
    "rulings": _OF_PATIENT,
    "assigned_sets": _OF_PATIENT,
    "courses": _OF_PATIENT,
    "merges": _OF_CLINIC,
    "notices": _OF_CLINIC,
    "finding": _OF_CLINIC,
    "client_assertions": _OF_CLINIC,
    "client_tokens": _OF_CLINIC,
    "audit_records": _who(patients=f"{_IN_CLINIC} AND patient {_IN_PATIENTS}"),
    "audit_heads": _OF_CLINIC_AND_ITS_PATIENTS,
    "checkpoints": _OF_CLINIC_AND_ITS_PATIENTS,
}

# Every launch and every read leaves a record: without one, nobody ever served from here.
_NEVER_SERVED = sa.text("SELECT NOT EXISTS (SELECT 1 FROM audit_heads)")


def upgrade() -> None:
    """Raise the wall around every table."""
    connection = op.get_bind()
    if connection.dialect.name != "postgresql":
        return
    is_new = bool(connection.scalar(_NEVER_SERVED))
    for table, rule in _RULES.items():
        op.execute(f"CREATE POLICY reach ON {table} USING ({rule})")
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        if is_new:
            op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
