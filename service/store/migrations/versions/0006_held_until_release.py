"""PostgreSQL knows what is held until its release, and shows it to its patient and the service alone (rule 15).

A transaction says its instant of asking in `journal.at`; "infinity" is the patient's own word, and the service's.
Whoever says none sees nothing that was ever held. A filing shows where the version that owes it does.

The version before this one says no instant and holds nothing back: what it wrote shows as before, and what is held
meanwhile by the new one it does not see. SQLite has no such wall.

Revision ID: 0006
"""

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_REACH = "(SELECT current_setting('journal.reach', true))"
_IN_CLINIC = "clinic = (SELECT current_setting('journal.clinic', true))"
_IN_PATIENTS = (
    "patient_id = ANY ((SELECT nullif(current_setting('journal.patients', true), '')::text[])::text[])"
)
_AT = "(SELECT nullif(current_setting('journal.at', true), '')::timestamptz)"
_RELEASED = f"(held_until IS NULL OR held_until <= {_AT})"
# Once for the statement: whoever sees everything held does not look at each filing's version.
_OF_RELEASED = (
    "EXISTS (SELECT 1 FROM entry_versions AS owing WHERE owing.clinic = filings.clinic"
    " AND owing.entry_id = filings.entry_id AND owing.version = filings.entry_version)"
)
_OWED_BY_RELEASED = f"CASE WHEN {_AT} = 'infinity' THEN true ELSE {_OF_RELEASED} END"
_ALSO = {"entries": _RELEASED, "entry_versions": _RELEASED, "filings": _OWED_BY_RELEASED}


def upgrade() -> None:
    """Say in the three policies what else must hold."""
    if op.get_bind().dialect.name != "postgresql":
        return
    for table, also in _ALSO.items():
        rule = (
            f"CASE {_REACH} WHEN 'clinic' THEN {_IN_CLINIC} AND {also}"
            f" WHEN 'patients' THEN {_IN_CLINIC} AND {_IN_PATIENTS} AND {also}"
            " WHEN 'house' THEN true ELSE false END"
        )
        op.execute(f"ALTER POLICY reach ON {table} USING ({rule})")
