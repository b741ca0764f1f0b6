"""Requests at random, as people at pages could make them: pages opened, forms sent, about anybody's things."""

import random
from dataclasses import replace
from urllib.parse import urlencode

from tests.proofs.interference_people import Person, Request
from tests.proofs.interference_things import Known
from tests.world import World


class Pages:
    """One visitor's requests in one pair of worlds; all of them follow from `chance`."""

    def __init__(self, person: Person, known: Known, world: World, chance: random.Random) -> None:
        self._person = person
        self._known = known
        self._world = world
        self._chance = chance

    def next(self) -> Request:
        """One more request; now and then at the visit of another."""
        made = {
            "patient": self._of_a_patient,
            "clinician": self._of_a_clinician,
            "officer": self._of_an_officer,
        }
        asked = made[self._person.door]()
        if self._chance.random() < 0.06:
            visit = self._known.one("visit", self._chance)
            return replace(asked, path=asked.path.replace(self._person.handle, visit))
        return asked

    def _of_a_patient(self) -> Request:
        key = self._known.one(self._chance.choice(("draft", "key")), self._chance)
        encounter = self._known.one("encounter", self._chance)
        fresh = self._known.key(self._chance)
        revision = self._chance.choice(("1", "2"))
        return self._one_of(
            ("", f"entry/{key}/prompt/1", f"entry/{key}/all", f"entry/{key}/check", f"entry/{key}/receipt"),
            (
                ("begin", {"key": fresh, "encounter": encounter}),
                ("begin-now", {"key": fresh, "set": self._set()}),
                (f"entry/{key}/prompt/1", {"text": "mine", "go": "save", "revision": revision}),
                (f"entry/{key}/all", {"go": "all", "revision": revision}),
                (f"entry/{key}/send", {"revision": revision}),
                (f"entry/{key}/stop", {}),
                ("refresh", {}),
            ),
        )

    def _of_a_clinician(self) -> Request:
        entry, name = self._known.one("entry", self._chance), self._known.one("patient", self._chance)
        encounter = self._known.one("encounter", self._chance)
        why = {"why": "other", "patient": name}
        return self._one_of(
            (
                "",
                "visits",
                "worklist",
                "side-by-side",
                f"entry/{entry}",
                f"entry/{entry}",
                "side-by-side?page=2",
            ),
            (
                ("move", why | {"entry": entry, "target": self._chance.choice(("no infusion", encounter))}),
                ("say", why | {"kind": "series-begins", "encounter": encounter, "page": "visits"}),
                ("take-back", why | {"ruling": self._known.one("ruling", self._chance)}),
                ("decide", why | {"item": self._known.one("filing", self._chance), "way": "leave"}),
            ),
        )

    def _of_an_officer(self) -> Request:
        name = self._known.one("patient", self._chance)
        return self._one_of(
            ("", f"?patient={name}", f"patient/{name}", f"export.ndjson?patient={name}", "?after=20"),
            (("verify", {}),),
        )

    def _one_of(self, shown: tuple[str, ...], pressed: tuple[tuple[str, dict[str, str]], ...]) -> Request:
        if self._chance.random() < 0.6:
            method = "HEAD" if self._chance.random() < 0.12 else "GET"
            return Request(method, f"{self._person.home}/{self._chance.choice(shown)}")
        path, fields = self._chance.choice(pressed)
        return self._person.form(f"{self._person.home}/{path}", urlencode(fields))

    def _set(self) -> str:
        found = self._world.desk.library.for_ordinal(self._chance.choice((1, 5, 6)))
        return found.canonical if found else ""
