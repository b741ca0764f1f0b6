"""What an operator is told about PostgreSQL's row-level security, before anything is served behind it."""

from sqlalchemy.exc import SQLAlchemyError

from service.store.engine import Store
from service.store.serving_role import weaknesses


def warnings_about(store: Store) -> list[str]:
    """Why the second wall does not stand, a sentence each; none where it does, and where the database is silent."""
    try:
        found = weaknesses(store)
    except SQLAlchemyError:
        return []  # whoever asks it for rows says so
    return [f"{words} (docs/settings.md, The role that serves)" for words in found]
