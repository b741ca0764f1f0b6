"""What an operator can mend, said in one sentence."""

from pydantic import ValidationError

from service.audit.checkpoint import Inconsistent
from service.cli.export_file import ExportUnderWay
from service.clinic import ClinicsUnreadable
from service.holding import FolderInUse
from service.journal.problems import NotYours
from service.keyring import KeysMissing
from service.settings import PREFIX, UnknownSetting
from service.store.migrating import NewerTables
from service.store.soundness import Damaged

_SAID_BY_THEMSELVES = (
    ClinicsUnreadable,
    Damaged,
    ExportUnderWay,
    FolderInUse,
    Inconsistent,
    KeysMissing,
    NewerTables,
    UnknownSetting,
)


def sentence(problem: Exception) -> str | None:
    """The sentence for this problem; None where it is a fault of ours and its traceback is wanted."""
    if isinstance(problem, ValidationError):
        return _named(problem)
    if isinstance(problem, NotYours):
        return "there is no clinic or filing of that name"
    return str(problem) if isinstance(problem, _SAID_BY_THEMSELVES) else None


def _named(error: ValidationError) -> str:
    """Each setting that cannot be used and why; never its value, which may be a secret."""
    return "; ".join(
        f"{PREFIX}{'_'.join(str(part) for part in one['loc']).upper()}: {one['msg']}"
        for one in error.errors()
    )
