"""The one place that commits: a thread that joins waiting deeds into one durable transaction.

A deed whose guard fails takes no part. Any other error rolls the whole group back, and its deeds run one by
one, so that only the guilty one fails. What cannot be a deed runs alone, as a function of a connection.
"""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, StatementError

from service.audit.record import Record
from service.journal.problems import TooBusy
from service.store import audit_trail, sessions
from service.store.changes import apply
from service.store.deeds import Deed, Guard, GuardFailed, LaunchIsUnused
from service.store.engine import Store
from service.store.guards import holds
from service.store.row_security import tell, whole_clinic
from service.store.transaction import (
    NotWritten,
    OutcomeUnknown,
    check_inside,
    fate_of,
    give_up,
    is_passing,
    is_untrustworthy,
    name_of,
    own_id,
    was_taken_back,
)
from service.store.waiting_line import Waiting, WaitingLine, Work

__all__ = ["GuardFailed", "Writer"]

T = TypeVar("T")

_TRIES = 3

_log = logging.getLogger(__name__)


class Writer:
    """Performs deeds durably, in the order in which they came.

    `most_waiting` deeds may stand in line and `most_together` share a transaction; `patience` is how many
    seconds anybody waits for their turn before being told TooBusy.
    """

    def __init__(
        self, store: Store, *, most_waiting: int = 512, most_together: int = 64, patience: float = 10.0
    ) -> None:
        self._store = store
        self._line = WaitingLine(most_waiting, most_together)
        self._patience = patience
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    @property
    def is_alive(self) -> bool:
        """Whether deeds are performed. False before `start`, after `stop`, and after a commit nobody knows of."""
        return self._thread.is_alive() and self._line.is_open

    def start(self) -> None:
        """Begin to perform deeds; once in a writer's life."""
        self._thread.start()

    def stop(self) -> None:
        """Take no more deeds, perform those in line, and end."""
        self._line.close()
        if self._thread.is_alive():
            self._thread.join()

    def perform(self, deed: Deed) -> None:
        """Return once the deed is durable.

        GuardFailed where something it rests on is no longer true; TooBusy where there is no room, no time, or
        the database cannot be written just now; NotWritten where the database refuses what the deed writes.
        Whatever is raised, nothing of the deed happened, with one exception: after a commit whose outcome
        cannot be learnt it is TooBusy as well, and asking again under the same key gives the truth.
        """
        self._ask(deed)

    def run_alone(self, function: Callable[[Connection], T]) -> T:
        """The function's answer, once what it wrote is durable. It may be run again, and must not commit."""
        return cast(T, self._ask(function))

    # --- the side of those who wait ----------------------------------------------------------------------------

    def _ask(self, work: Work) -> object:
        waiting = Waiting(work)
        if not self.is_alive or not self._line.join(waiting):
            raise TooBusy
        try:
            return waiting.answer.result(self._patience)
        except TimeoutError:
            if waiting.answer.cancel():
                raise TooBusy from None
        # Its transaction is under way: whoever left now would not know how it ended.
        return waiting.answer.result()

    # --- the side of the thread --------------------------------------------------------------------------------

    def _run(self) -> None:
        serve = self._finish
        while (group := self._line.next_group()) is not None:
            try:
                serve(group)
            except BaseException as error:
                # An unknown commit, or a fault of ours: going on would be guessing, so nobody is served any more.
                _log.critical("the writer stops: %s", name_of(error))
                self._line.close()
                serve = _turn_away
                _turn_away(group)

    def _finish(self, group: list[Waiting]) -> None:
        """Perform the group, or else each of it alone, and give everybody an answer."""
        error = self._attempt(group) if group else None
        if error is None:
            return
        if is_passing(error) and not _met_another(error, group):
            _turn_away(group)
        elif len(group) == 1:
            group[0].answer.set_exception(_sayable(error))
        else:
            for one in group:
                self._finish([one])

    def _attempt(self, group: list[Waiting]) -> Exception | None:
        """Try until the group is durable or an error stays; that error."""
        failed: Exception | None = None
        for _ in range(_TRIES):
            try:
                answers = _durably(
                    self._store.writer_engine,
                    lambda connection: self._work(connection, group),
                    lambda answers: _told_by(group, answers),
                )
            except OutcomeUnknown:
                raise
            except Exception as error:
                failed = error
                _log.warning("a transaction of %d failed: %s", len(group), name_of(error))
                if not _may_try_again(error, group):
                    return error
            else:
                _tell(group, answers)
                return None
        return failed

    def _work(self, connection: Connection, group: list[Waiting]) -> list[object]:
        first = group[0].work
        if not isinstance(first, Deed):
            return [first(connection)]
        deeds = [one.work for one in group if isinstance(one.work, Deed)]
        failed = [self._make_true(connection, deed) for deed in deeds]
        done = [deed for deed, guard in zip(deeds, failed, strict=True) if guard is None]
        audit_trail.append(connection, [record for deed in done for record in deed.records])
        return [guard and GuardFailed(guard) for guard in failed]

    def _make_true(self, connection: Connection, deed: Deed) -> Guard | None:
        """Make the deed's changes, seen by the deeds behind it; or the guard that fails, and nothing changed."""
        tell(connection, whole_clinic(deed.clinic))
        for guard in deed.guards:
            if not holds(connection, deed.clinic, guard):
                return guard
        for guard in deed.guards:
            if isinstance(guard, LaunchIsUnused):
                sessions.use_launch(connection, deed.clinic, guard.state_digest)
        for change in deed.changes:
            apply(connection, self._store.seal, deed.clinic, change)
        return None


def _met_another(error: Exception, group: list[Waiting]) -> bool:
    """Whether several deeds were taken back for another process's sake: what it writes of may be theirs as well (F34).

    Together they would wait for each other in a circle again; a deed alone, about one patient, stands in no circle.
    """
    return len(group) > 1 and isinstance(error, DBAPIError) and was_taken_back(error)


def _may_try_again(error: Exception, group: list[Waiting]) -> bool:
    if _met_another(error, group):
        return False
    # Alone, a key that is taken may be another process's deed: its guards then say so in plain words.
    return is_passing(error) or (len(group) == 1 and isinstance(error, IntegrityError))


def _tell(group: list[Waiting], answers: list[object]) -> None:
    for one, answer in zip(group, answers, strict=True):
        if isinstance(answer, GuardFailed):
            one.answer.set_exception(answer)
        else:
            one.answer.set_result(answer)


def _told_by(group: list[Waiting], answers: list[object]) -> Record | None:
    """A record that is in the log if, and only if, this group's transaction happened; None where there is none."""
    done = (one.work for one, answer in zip(group, answers, strict=True) if answer is None)
    return next((deed.records[0] for deed in done if isinstance(deed, Deed) and deed.records), None)


def _turn_away(group: list[Waiting]) -> None:
    for one in group:
        if not one.answer.done():
            one.answer.set_exception(TooBusy())


def _sayable(error: Exception) -> Exception:
    # The database's own text may name values (PostgreSQL's DETAIL does).
    return NotWritten(name_of(error)) if isinstance(error, StatementError) else error


# --- one durable transaction ------------------------------------------------------------------------------------


def _durably(engine: Engine, work: Callable[[Connection], T], told_by: Callable[[T], Record | None]) -> T:
    """Run the work in one transaction and return its answer once it is durable.

    Any error leaves nothing behind and is raised as it came; OutcomeUnknown where even that cannot be said. `told_by`
    names a record that only this transaction writes, by which its fate can be learnt from another server.
    """
    with engine.connect() as connection:
        try:
            connection.begin()
            xid = own_id(connection)
            answer = work(connection)
            check_inside(connection)
        except BaseException:
            give_up(connection)
            raise
        _commit(engine, connection, xid, told_by(answer))
        return answer


def _commit(engine: Engine, connection: Connection, xid: str | None, told_by: Record | None) -> None:
    try:
        connection.commit()
    except DBAPIError as error:
        _log.warning("a commit failed: %s", name_of(error))
        _find_out(engine, connection, xid, told_by, error)


def _find_out(
    engine: Engine, connection: Connection, xid: str | None, told_by: Record | None, error: DBAPIError
) -> None:
    """Return if the commit did happen after all, raise the error if it did not."""
    if xid is None:
        if is_untrustworthy(error):
            raise OutcomeUnknown(name_of(error)) from None
        give_up(connection)
        raise error
    connection.invalidate()
    fate = fate_of(engine, xid, lambda asking: None if told_by is None else audit_trail.has(asking, told_by))
    if fate != "committed":
        raise error
