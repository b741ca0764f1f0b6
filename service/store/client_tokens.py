"""Tokens of the clinic's own backend clients, and the assertions that they were given for; each is used up once.

Both stand apart from visits: nobody is signed in, and a replica knows what another one gave out a moment ago. No
token is ever stored, only its digest; of an assertion only who signed it and the digest of its `jti`.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Connection, Index, String, Table, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from service.audit.record import Record
from service.store import audit_trail
from service.store.columns import Instant
from service.store.engine import Store
from service.store.row_security import tell, whole_clinic
from service.store.tables import metadata

client_assertions = Table(
    "client_assertions",
    metadata,
    Column("clinic", String, primary_key=True),
    Column("client_id", String, primary_key=True),
    Column("jti_digest", String, primary_key=True),
    Column("expires_at", Instant, nullable=False),
    Index("ix_client_assertions_expires_at", "clinic", "expires_at"),
)

client_tokens = Table(
    "client_tokens",
    metadata,
    Column("clinic", String, primary_key=True),
    Column("digest", String, primary_key=True),
    Column("client_id", String, nullable=False),
    Column("scope", String, nullable=False),
    Column("expires_at", Instant, nullable=False),
    Index("ix_client_tokens_expires_at", "clinic", "expires_at"),
)


@dataclass(frozen=True, slots=True)
class SpentAssertion:
    """An assertion that was shown: whose it is, the digest of its `jti`, and until when it could be shown again."""

    client_id: str
    jti_digest: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ClientToken:
    """A token that was given out: its SHA-256 in hex, to whom, for which scopes, and its end."""

    digest: str
    client_id: str
    scope: str
    expires_at: datetime


def spend(
    connection: Connection,
    clinic: str,
    shown: SpentAssertion,
    given: ClientToken | None,
    remembered: Record | None,
    now: datetime,
) -> bool:
    """Use the assertion up, give its token out and keep its record, if there are any; False where it was used before.

    A function for `Writer.run_alone`. Whoever shows the same assertion to another process at the same moment waits
    here for the first, and then finds it used up (SMART C-32). What has expired at this clinic goes on the way.
    """
    tell(connection, whole_clinic(clinic))
    if not _is_first(connection, clinic, shown):
        return False
    if given is not None:
        row = {name: getattr(given, name) for name in ("digest", "client_id", "scope", "expires_at")}
        connection.execute(insert(client_tokens), {"clinic": clinic} | row)
    _sweep(connection, clinic, now)
    audit_trail.append(connection, [remembered] if remembered else [])
    return True


def token(store: Store, clinic: str, digest: str) -> ClientToken | None:
    """The token with this digest that this clinic gave out, expired or not; None where there is none."""
    mine = select(client_tokens).where(client_tokens.c.clinic == clinic, client_tokens.c.digest == digest)
    with store.asking(whole_clinic(clinic)) as connection:
        row = connection.execute(mine).one_or_none()
    return None if row is None else ClientToken(row.digest, row.client_id, row.scope, row.expires_at)


def _is_first(connection: Connection, clinic: str, shown: SpentAssertion) -> bool:
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    # One statement: what is looked up and then written could be written by two at once.
    new = dialect.insert(client_assertions).on_conflict_do_nothing().returning(client_assertions.c.clinic)
    row = {"jti_digest": shown.jti_digest, "client_id": shown.client_id, "expires_at": shown.expires_at}
    return connection.execute(new, {"clinic": clinic} | row).first() is not None


def _sweep(connection: Connection, clinic: str, now: datetime) -> None:
    for table in (client_assertions, client_tokens):
        connection.execute(delete(table).where(table.c.clinic == clinic, table.c.expires_at <= now))
