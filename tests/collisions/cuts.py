"""The wire to PostgreSQL is cut at each statement of a deed and inside its commit, on either way (fault matrix F32)."""

import random
from collections import Counter
from collections.abc import Callable

from sqlalchemy import event

from service.store.engine import Store, open_store
from service.store.writer import Writer
from tests.collisions.conflicts import KEPT, sent, told
from tests.collisions.places import Place, a_place
from tests.killing.proxy import Proxy, Trouble, Way
from tests.store.builders import seal

_WAYS: tuple[Way, ...] = ("asking", "answering")
_EVERY = 100


class Scissors:
    """Cuts the wire at one moment of the writer's transaction: at the statement of that number, or at its commit."""

    def __init__(self, store: Store, wire: Proxy) -> None:
        self._wire = wire
        self._seen = 0
        self._at: int | None = None
        self._way: Way = "asking"
        self.moments = 0  # of the transaction seen last: its statements, and its commit
        event.listen(store.writer_engine, "begin", self._begun)
        event.listen(store.writer_engine, "before_cursor_execute", self._moment)
        event.listen(store.writer_engine, "commit", self._moment)

    def cut_at(self, moment: int, way: Way) -> None:
        """Cut the next transaction there, once."""
        self._at, self._way = moment, way

    def _begun(self, *_: object) -> None:
        self._seen = 0

    def _moment(self, *_: object) -> None:
        if self._seen == self._at:
            self._wire.arm(Trouble(self._way, 0))
            self._at = None
        self._seen += 1
        self.moments = self._seen


def cuts(server: str, wanted: int, seed: int, report: Callable[[str], None]) -> Counter[str]:
    """So many entries, the wire cut while each is kept: cuts, in_commits, cut_kept, cut_errors (each told once).

    Lost is what was kept in somebody's ears and is not there, a false_error what is there although they heard of an
    error; duplicates are filings or records of the log beyond one for each entry.
    """
    chance, said = random.Random(f"{seed}/cuts"), Counter[str]()
    in_commits = 0
    with a_place(server) as place:
        store = open_store(place.by_wire, seal())
        writer, scissors = Writer(store), Scissors(store, place.wire)
        writer.start()
        for name in ("first", "second"):  # the first connection asks more than those after it
            told(writer, sent(name, name))
        moments = scissors.moments
        for number in range(wanted):
            # Every fourth in the commit: there alone nobody can tell by the error what became of it.
            at = moments - 1 if number % 4 == 0 else chance.randrange(moments - 1)
            scissors.cut_at(at, _WAYS[number // 4 % 2])
            in_commits += at == moments - 1
            said.update([_judged(place, *told(writer, sent(f"cut-{number}", f"p{number}")))])
            if (number + 1) % _EVERY == 0:
                report(f"cuts: {number + 1} of {wanted}, {dict(said)}")
        writer.stop()
        store.close()
        doubled = _beyond_one(place)
        return Counter(
            cuts=place.wire.cuts,
            in_commits=in_commits,
            cut_kept=said["kept"],
            cut_errors=said["error"],
            cut_duplicates=doubled,
            cut_lost=said["lost"],
            false_errors=said["false error"],
        )


def _judged(place: Place, key: str, answer: str) -> str:
    is_there = place.ask(f"SELECT count(*) FROM entries WHERE key = '{key}'") == 1
    if answer == KEPT:
        return "kept" if is_there else "lost"
    return "false error" if is_there else "error"


def _beyond_one(place: Place) -> int:
    entries = place.ask("SELECT count(*) FROM entries")
    return (
        place.ask("SELECT count(*) FROM filings")
        + place.ask("SELECT count(*) FROM audit_records")
        - 2 * entries
    )
