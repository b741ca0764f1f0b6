"""The worlds of the noninterference proof: one beginning, made once, and pairs of copies of it that run side by side.

In a world of this proof nothing happens by chance: before each request, clock and chance begin anew at the same place
in both worlds, so that whatever differs in an answer was brought in by what lies behind the doors.
"""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from service import wiring as wires
from service.cli.demo_clinic import CLINIC
from service.journal.prompts import PromptLibrary
from service.r4.questionnaire import load_library
from service.summary.rendering import RenderingChild
from service.web.guards import WIRING
from tests.factories import keyed, response
from tests.people import App, app_of, clinician, patient
from tests.proofs.interference_people import ADA, BOB, Others, Person, callers, others
from tests.web.changing import answered, put
from tests.web.systems import registered
from tests.world import OTHER, World, copy_world, make_template, start

_DEEDS_TAKE = timedelta(minutes=1)  # from the beginning to the first request


@dataclass(frozen=True, slots=True)
class Cast:
    """The one beginning of all worlds: where it lies, when it ends, and who stands in it.

    `own_key` is the identifier of a response of Ada's own app.
    """

    folder: Path
    ended: datetime
    callers: tuple[Person, ...]
    others: Others
    own_key: str


class Chance:
    """All chance of a service, which begins anew wherever it is told to."""

    def __init__(self) -> None:
        self.begin("nothing yet")

    def begin(self, *named: object) -> None:
        """From here on the same as after every beginning of this name."""
        self._random = random.Random("/".join(str(one) for one in named))

    def some_bytes(self, count: int) -> bytes:
        return self._random.randbytes(count)

    def id(self) -> str:
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def secret(self) -> str:
        return self._random.randbytes(32).hex()

    def number(self) -> float:
        return self._random.random()


@dataclass
class Standing:
    """The service's time, which stands still while a request is answered: how often it is looked at is no matter."""

    moment: datetime

    def __call__(self) -> datetime:
        return self.moment


@dataclass
class Side:
    """One world of a pair."""

    world: World
    chance: Chance
    time: Standing
    cast: Cast

    @property
    def database(self) -> Path:
        return self.world.folder / "journal.sqlite"

    def begin(self, seconds: float, *named: object) -> None:
        """It is so many seconds after the first request's time, and chance begins anew; both as in the other world."""
        self.chance.begin(*named)
        wanted = self.time.moment = self.cast.ended + _DEEDS_TAKE + timedelta(seconds=seconds)
        self.world.clock.pass_time(seconds=(wanted - self.world.clock()).total_seconds())


@contextmanager
def pair(cast: Cast, folder: Path, child: RenderingChild) -> Iterator[tuple[Side, Side]]:
    """Two running copies of the beginning, ended afterwards."""
    with pytest.MonkeyPatch.context() as patch:
        # The published sets are the same everywhere, and checking them is most of a start.
        patch.setattr(wires, "load_library", lambda published: _library(tuple(sorted(published.items()))))
        sides = [_side(cast, folder / name, child, patch) for name in ("left", "right")]
        with sides[0].world.closing, sides[1].world.closing:
            yield sides[0], sides[1]


@cache
def _library(published: tuple[tuple[str, bytes], ...]) -> PromptLibrary:
    return load_library(dict(published))


def _side(cast: Cast, folder: Path, child: RenderingChild, patch: pytest.MonkeyPatch) -> Side:
    copy_world(cast.folder, folder)
    world, chance, time = start(folder, child, patch), Chance(), Standing(cast.ended)
    desk = replace(
        world.desk,
        now=time,
        random=chance.some_bytes,
        new_id=chance.id,
        new_secret=chance.secret,
        chance=chance.number,
    )
    world.wiring = world.app.extensions[WIRING] = replace(world.wiring, desk=desk)
    return Side(world, chance, time, cast)


def make_cast(folder: Path, child: RenderingChild) -> Cast:
    """The beginning, in this folder: what Ada has, and what everybody has of the others."""
    folder.mkdir()
    make_template(folder)
    clinics = folder / "clinics.toml"
    written = [clinics.read_text("utf-8"), registered(CLINIC), registered(OTHER)]
    clinics.write_text("\n".join(written), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        world = start(folder, child, patch)
        with world.closing:
            own_key = _journals(world)
            return Cast(folder, world.clock(), callers(world), others(world), own_key)


def _journals(world: World) -> str:
    """Ada's journal, all of it filed, and those of Bob and of her namesake; the key of what Ada's app sent."""
    ada, app = patient(world), app_of(world, scope="patient/*.cruds")
    ada.write("six-done-1", {"ai1.1": "Ada's first words"}, ())
    key = str(uuid4())
    sent = app.post(
        "QuestionnaireResponse", response(world, 2, encounter="six-done-2", identifier=keyed(key))
    )
    assert sent.status_code == 201, sent.text
    _amended(app, sent.json())
    begun = ada.begin("six-done-3")
    ada.type(begun, 1, {"ai3.1": "Ada's draft"})
    ada.post(f"entry/{ada.begin('six-done-4')}/stop")
    _decided(world, ADA, "six-done-1")
    world.deliver()
    for name, clinic, visits in ((BOB, CLINIC, "eight-done"), (ADA, OTHER, "six-done")):
        _another(world, name, clinic, visits)
    return key


def _amended(app: App, sent: dict[str, object]) -> None:
    changed = answered(sent, "other words of Ada's", "ai2.1") | {"status": "amended"}
    assert put(app, changed, 'W/"1"').status_code == 200


def _decided(world: World, name: str, encounter: str, clinic: str = CLINIC) -> None:
    said = clinician(world, name, clinic=clinic).post(
        "say", patient=name, kind="series-begins", why="other", encounter=encounter, page="visits"
    )
    assert said.status_code == 303, said.text


def _another(world: World, name: str, clinic: str, visits: str) -> None:
    """Somebody else's journal: an entry that is filed, one that is not, and a draft."""
    person = patient(world, name, clinic)
    person.write(f"{visits}-1", {"ai1.1": "words of another's"})
    world.deliver(clinic)
    person.begin(f"{visits}-2")
    person.write(f"{visits}-6", {"ai6.1": "words that are not filed yet"})
