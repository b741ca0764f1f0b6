"""Let an issuer's keys turn n times while many show its tokens: in order, at once, in an outage, with no overlap.

Genuine tokens by the old and the new key, by keys that were withdrawn, and by keys that were never the issuer's are in
the air all the time (fault F27). What each may have got is judged afterwards, by what the issuer knows of itself.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from joserfc.jwk import ECKey

from tests.killing.meanwhile import meanwhile
from tests.people import App, signed_token
from tests.proofs.figures import Figures, at_least, exactly
from tests.proofs.rotations_issuer import OPENS, Issuer, Key, Shown
from tests.proofs.small_world import small_world
from tests.world import World

DEFAULT_N = 20
CI_N = 5

_CROWD = 4
_ASKED = 40  # requests between two steps
_PATIENCE = 60.0
_LIVES = (("", 3600), ("max-age=60", 60), ("max-age=300", 300), ("no-store", 30), ("max-age=5", 30))
_GOOD_FOR = 7200  # seconds that a token is good for: longer than any step
# What is shown, and how often: a withdrawn key is one of the last three.
_SHOWN = {"signing": 6, "withdrawn": 2, "forged": 1, "unknown": 1}


@dataclass
class Turning:
    """The issuer, who signs with which of its keys just now, and all that was shown."""

    world: World
    issuer: Issuer
    signing: list[Key] = field(default_factory=list)
    withdrawn: list[Key] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)
    in_the_air: list[threading.Lock] = field(default_factory=list)

    def show(self, chance: random.Random, own: threading.Lock) -> None:
        """Somebody shows a token, and notes what became of it."""
        with own:
            kid, token = self._token(chance)
            begun = self.world.clock()
            status = App(self.world, token).get("QuestionnaireResponse?_summary=count").status_code
            self.shown.append(Shown(kid, begun, self.world.clock(), status))

    def pass_time(self, seconds: float) -> None:
        """Time goes by, between requests; then some more are made."""
        with ExitStack() as held:
            for one in self.in_the_air:
                held.enter_context(one)
            self.world.clock.pass_time(seconds=seconds)
        wanted, until = len(self.shown) + _ASKED, time.monotonic() + _PATIENCE
        while len(self.shown) < wanted:
            if time.monotonic() > until:
                raise RuntimeError("nobody asks any more")
            time.sleep(0.005)

    def turn(self, *, overlap: bool) -> Key:
        """The issuer publishes a new key and signs with it at once; without overlap the old one goes with it."""
        new = self.issuer.publish()
        self.signing = [*self.signing[-1:], new]
        if not overlap:
            self.withdraw()
        return new

    def withdraw(self) -> None:
        """The oldest key goes, and its tokens are still shown."""
        old = next(key for key in self.issuer.keys.values() if key.withdrawn is None)
        self.issuer.withdraw(old)
        self.withdrawn = [*self.withdrawn[-2:], old]
        self.signing = [key for key in self.signing if key is not old]

    def _token(self, chance: random.Random) -> tuple[str | None, str]:
        what = chance.choices(list(_SHOWN), list(_SHOWN.values()))[0]
        mine: dict[str, Any] = {"exp": int(self.world.clock().timestamp()) + _GOOD_FOR}
        if what in ("forged", "unknown"):
            foreign = ECKey.generate_key("P-256", auto_kid=True)
            named = {"kid": chance.choice(self.signing).kid} if what == "forged" else {}
            return None, signed_token(self.world, header=named, key=foreign, **mine)
        key = chance.choice(self.withdrawn if what == "withdrawn" and self.withdrawn else self.signing)
        return key.kid, signed_token(self.world, key=key.private, **mine)


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n rotations, of each kind in turn, under key sets that may be kept for half a minute to an hour."""
    chance = random.Random(seed)
    with small_world() as world:
        issuer = Issuer(world.clock)
        world.net.meddler = issuer
        turning = Turning(world, issuer, signing=[issuer.publish()])
        new: list[Key] = []
        with _crowd(turning, chance):
            turning.pass_time(40)
            for number in range(n):
                issuer.life = _LIVES[chance.randrange(len(_LIVES))]
                new.append(_KINDS[number % len(_KINDS)](turning, chance))
                report(f"rotation {number + 1} of {n}: {_answers(turning)}")
    return _figures(n, turning, new, report)


def _figures(n: int, turning: Turning, new: list[Key], report: Callable[[str], None]) -> Figures:
    issuer, counts = turning.issuer, Counter[str]()
    opened = {one.kid for one in turning.shown if one.status == OPENS}
    for one in turning.shown:
        allowed = issuer.allows(one)
        counts["must_open"] += allowed == {OPENS}
        counts["must_not_open"] += OPENS not in allowed
        counts["wrongly_accepted"] += one.status == OPENS and OPENS not in allowed
        counts["wrongly_refused"] += one.status != OPENS and one.status not in allowed
        if one.status not in allowed:
            report(f"{one}: may be {sorted(allowed)}")
    return Figures(
        planned=n,
        injected=sum(key.kid in opened for key in new),
        counted={
            "rotations": len(new),
            "shown": len(turning.shown),
            "must_open": counts["must_open"],
            "must_not_open": counts["must_not_open"],
            "wrongly_refused": counts["wrongly_refused"],
            "wrongly_accepted": counts["wrongly_accepted"],
            "outages": len(issuer.outages),
            "fetches": len(issuer.fetches),
            "failed_fetches": len(issuer.failures),
            "fetched_too_soon": issuer.fetched_too_soon(),
        },
        bars={
            "must_open": at_least(_ASKED * n),
            "must_not_open": at_least(_ASKED * n // 2),
            "wrongly_refused": exactly(0),
            "wrongly_accepted": exactly(0),
            "outages": at_least(2 * (n // len(_KINDS))),
            "failed_fetches": at_least(2 * (n // len(_KINDS))),
            "fetched_too_soon": exactly(0),
        },
    )


def _answers(turning: Turning) -> dict[int, int]:
    return dict(sorted(Counter(one.status for one in turning.shown).items()))


def _crowd(turning: Turning, chance: random.Random) -> AbstractContextManager[None]:
    """While the block runs, many show tokens."""

    def shows(own: threading.Lock, dice: random.Random, ends: threading.Event) -> None:
        while not ends.wait(0.001):
            turning.show(dice, own)

    turning.in_the_air = [threading.Lock() for _ in range(_CROWD)]
    return meanwhile([partial(shows, own, random.Random(chance.random())) for own in turning.in_the_air])


# --- how keys turn -----------------------------------------------------------------------------------------------


def _in_order(turning: Turning, chance: random.Random) -> Key:
    """The new key is published, later signs, and the old one goes when its tokens are over."""
    new = turning.issuer.publish()
    turning.pass_time(chance.uniform(31, 90))
    turning.signing = [*turning.signing, new]
    turning.pass_time(chance.uniform(5, 60))
    turning.withdraw()
    _be_forgotten(turning, chance)
    return new


def _at_once(turning: Turning, chance: random.Random) -> Key:
    """The new key signs as soon as it is published."""
    new = turning.turn(overlap=True)
    turning.pass_time(chance.uniform(1, 20))
    turning.pass_time(32)
    turning.withdraw()
    _be_forgotten(turning, chance)
    return new


def _in_an_outage(turning: Turning, chance: random.Random) -> Key:
    """The set cannot be had from shortly before the turn until a minute after it; the former one may still be kept."""
    turning.issuer.life = ("max-age=300", 300)
    turning.pass_time(3_602)
    turning.issuer.fail()
    turning.pass_time(chance.uniform(1, 10))
    new = turning.turn(overlap=True)
    turning.pass_time(chance.uniform(1, 20))
    turning.pass_time(40)
    turning.issuer.recover()
    turning.pass_time(chance.uniform(1, 10))
    turning.pass_time(32)
    turning.withdraw()
    _be_forgotten(turning, chance)
    return new


def _in_a_long_outage(turning: Turning, chance: random.Random) -> Key:
    """The old key goes while the set cannot be had, which lasts until nothing of it may be kept any more."""
    turning.issuer.fail()
    new = turning.turn(overlap=False)
    turning.pass_time(chance.uniform(1, 20))
    turning.pass_time(turning.issuer.life[1] / 2)
    turning.pass_time(3_602)
    turning.issuer.recover()
    turning.pass_time(chance.uniform(6, 20))
    turning.pass_time(32)
    return new


def _with_no_overlap(turning: Turning, chance: random.Random) -> Key:
    """The old key goes early: as the new one comes, with its tokens in the air."""
    new = turning.turn(overlap=False)
    turning.pass_time(chance.uniform(1, 20))
    turning.pass_time(32)
    _be_forgotten(turning, chance)
    return new


def _be_forgotten(turning: Turning, chance: random.Random) -> None:
    """Time goes by until no set that is kept can have the withdrawn key."""
    turning.pass_time(chance.uniform(1, 29))
    turning.pass_time(3_602)


_KINDS = (_in_order, _at_once, _in_an_outage, _with_no_overlap, _in_a_long_outage)
