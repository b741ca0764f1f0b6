"""What goes on in threads while something else is done, until that has ended; a failure of one is everybody's."""

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager


@contextmanager
def meanwhile(runs: Iterable[Callable[[threading.Event], object]]) -> Iterator[None]:
    """Start each in a thread of its own; it returns soon after its event is set. The first error is raised."""
    ends, failed = threading.Event(), list[BaseException]()

    def guarded(run: Callable[[threading.Event], object]) -> None:
        try:
            run(ends)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=guarded, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ends.set()
        for thread in threads:
            thread.join()
    if failed:
        raise failed[0]


def again_and_again(deed: Callable[[], object]) -> Callable[[threading.Event], None]:
    """A run that does this until the end."""

    def run(ends: threading.Event) -> None:
        while not ends.is_set():
            deed()

    return run
