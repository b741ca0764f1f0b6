"""The rendered summaries, sealed: one for each filing, and the same bytes at every attempt (W-01)."""

from sqlalchemy import Connection, delete, insert, select

from service.store.filing_deeds import KeepSummary
from service.store.sealing import Place, Seal
from service.store.tables import summaries


def keep(connection: Connection, seal: Seal, clinic: str, new: KeepSummary) -> None:
    """Keep the rendered summary in the place of one in another form; a second in this form is refused by its key."""
    in_another_form = (
        summaries.c.clinic == clinic,
        summaries.c.filing_id == new.filing_id,
        summaries.c.media_type != new.media_type,
    )
    connection.execute(delete(summaries).where(*in_another_form))
    sealed = seal.seal(_place(clinic, new.filing_id, new.sha256), new.pdf)
    row = {"pdf": sealed, "sha256": new.sha256, "media_type": new.media_type}
    connection.execute(insert(summaries).values(clinic=clinic, filing_id=new.filing_id, **row))


def kept_for(connection: Connection, seal: Seal, clinic: str, filing_id: str) -> tuple[bytes, str] | None:
    """The summary that was rendered for this filing, and its media type; None where none was."""
    this = (summaries.c.clinic == clinic, summaries.c.filing_id == filing_id)
    row = connection.execute(select(summaries).where(*this)).one_or_none()
    return (
        None if row is None else (seal.open(_place(clinic, filing_id, row.sha256), row.pdf), row.media_type)
    )


def _place(clinic: str, filing_id: str, sha256: str) -> Place:
    return Place(clinic, "summaries.pdf", (filing_id, sha256))
