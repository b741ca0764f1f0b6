"""Several windows write one draft, replies get lost, buttons are pressed twice: every word stays, and is sent once.

Fault matrix F40, F44 and F48. The windows run the page's own saving module in Node.js, over real sockets; the words
that are there in the end are read from the database.
"""

import random
from collections import Counter
from collections.abc import Callable
from typing import Any

from service.store import drafts
from tests.people import Patient, patient
from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.small_world import small_world
from tests.web.kept_words import draft_of
from tests.windows.beside import LINKS, Windows, windows_of
from tests.windows.presses import races
from tests.workflow.contexts import as_patient
from tests.world import World

DEFAULT_N = 2000
CI_N = 60
NEEDS = ("node",)

_INFUSION = "six-done-1"
_STEPS = (3, 14)
_EVERY = 100


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n interleavings of two or three windows, n / 4 sittings of one whose replies get lost, n / 2 presses at once."""
    chance, counted = random.Random(seed), Counter[str]()
    with small_world() as world:
        ada = patient(world)
        key = ada.begin(_INFUSION)
        with windows_of(world, ada, key) as windows:
            for number in range(n):
                several = chance.choice((2, 2, 3))
                _case(
                    world,
                    ada,
                    windows,
                    key,
                    several,
                    _steps(chance, several, number),
                    chance,
                    counted,
                    report,
                )
            for number in range(n // 4):
                _case(world, ada, windows, key, 1, _steps(chance, 1, number), chance, counted, report)
        counted += races(world, n // 2, chance)
    return _figures(n, counted)


def _figures(n: int, counted: Counter[str]) -> Figures:
    wrongs = ("text_lost", "words_from_nowhere", "self_conflicts", "several_responses", "strange_answers")
    shown = ("interleavings", "conflicts", "sittings", "drops", "races", "presses")
    return Figures(
        planned=n + n // 4 + n // 2,
        injected=counted["interleavings"] + counted["sittings"] + counted["races"],
        counted={name: counted[name] for name in (*shown, *wrongs)},
        bars={
            "conflicts": at_least(n // 10),
            "drops": at_least(n // 4),
            **{name: exactly(0) for name in wrongs},
        },
    )


def _steps(chance: random.Random, windows: int, case: int) -> list[list[Any]]:
    """What the windows do, each step by one of them; alone, nearly every save's reply is lost once."""
    steps: list[list[Any]] = []
    if windows == 1:
        steps.append([0, "lose", chance.choice(("asking", "answering"))])
    for number in range(chance.randint(*_STEPS)):
        at = chance.randrange(windows)
        steps.append([at, "type", chance.choice(LINKS), f"w{case}n{number}"])
        if chance.random() < (0.6 if windows == 1 else 0.25):
            steps.append([at, "lose", chance.choice(("asking", "answering"))])
        if chance.random() < 0.7:
            steps.append([at, "save"])
        what = chance.choice(("wait", "wait", "breathe", "reload", "none"))
        if what != "none":
            steps.append([at, what, *([chance.choice((1, 4, 9))] if what == "breathe" else [])])
    return steps


def _case(
    world: World,
    ada: Patient,
    windows: Windows,
    key: str,
    several: int,
    steps: list[list[Any]],
    chance: random.Random,
    counted: Counter[str],
    report: Callable[[str], None],
) -> None:
    _cleared(world, ada, key)
    played = windows.play(several, steps, chance)
    after = {word for text in draft_of(world, key).values() for word in text.split()}
    lost, strange = played.typed - played.given_up - after, after - played.typed
    if lost or strange:
        report(f"lost {sorted(lost)}, strange {sorted(strange)}: {several} windows, {steps}")
    counted["interleavings" if several > 1 else "sittings"] += 1
    counted["conflicts"] += played.conflicts if several > 1 else 0
    counted["self_conflicts"] += played.conflicts if several == 1 else 0
    counted["drops"] += played.lost
    counted["text_lost"] += len(lost)
    counted["words_from_nowhere"] += len(strange)
    done = counted["interleavings"] + counted["sittings"]
    if done % _EVERY == 0:
        report(f"{done} cases, {dict(counted)}")


def _cleared(world: World, ada: Patient, key: str) -> None:
    """The draft without words: so that none of its texts grows too long."""
    found = drafts.draft(world.desk.store, as_patient(), key)
    assert found is not None
    assert ada.type(key, found.revision, dict.fromkeys(LINKS, "")).status_code == 200
