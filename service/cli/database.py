"""Whether the database can keep what a command has to remember, asked before anything is read elsewhere."""

from sqlalchemy.exc import SQLAlchemyError

from service.store.engine import Store
from service.store.migrating import is_current


def why_unready(store: Store) -> str | None:
    """Why nothing can be remembered there, as a sentence for an operator; None where it can."""
    try:
        with store.reader.connect() as connection:
            if is_current(connection):
                return None
    except SQLAlchemyError:
        return "the database cannot be opened"
    return "the log cannot be written: run `infusion-journal migrate`"
