"""The worker notices that the record system does not grant what is asked for, or grants it again (W-60, fault F14).

Nothing depends on it but whoever reads the service's own log: what is owed stays due by itself, and says why.
"""

from service.smart.problems import ScopeMissing, SmartProblem
from service.workflow.desk import Desk


class RightsWatch:
    """What was not granted at the last look, in one thread of one process; everything is, before the first."""

    def __init__(self) -> None:
        self._missing: tuple[str, ...] = ()

    def changed(self, missing: tuple[str, ...]) -> bool:
        """Whether this differs from the last look."""
        before, self._missing = self._missing, missing
        return before != missing


def watch_rights(desk: Desk, clinic_key: str, watch: RightsWatch) -> tuple[str, ...] | None:
    """The scopes that are not granted now, where that is news; None where it is none, or nobody can say.

    A token that is still good is not asked for again.
    """
    try:
        desk.clinic(clinic_key).for_delivery.sign_in()
    except ScopeMissing as problem:
        missing = problem.missing
    except SmartProblem:
        return None
    else:
        missing = ()
    return missing if watch.changed(missing) else None
