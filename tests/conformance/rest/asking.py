"""What the requirements of the REST API ask, and whom they ask as."""

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx2

from service.cli.demo_clinic import CLINIC
from tests.factories import keyed, response
from tests.people import FORM, App, app_of, backend_app, patient, staff_app
from tests.world import OTHER, World

QR, DR = "QuestionnaireResponse", "DocumentReference"
SET = "Questionnaire/after-infusion-1"
NAME, OTHER_NAME = "patient-six-done", "patient-eight-done"
CLINICAL = (QR, DR, "Encounter", "Provenance", "Task")
WORDS, THEIRS = "the harbour lay still", "planted-words-of-somebody"
BINARY_JSON = {"Accept": "application/fhir+json"}
Value = dict[str, Any]


def scopes(level: str, letters: str = "crus") -> str:
    """Every type that is offered, at this level."""
    return " ".join(f"{level}/{kind}.{letters}" for kind in (*CLINICAL, "Binary", "AuditEvent"))


def mine(world: World, name: str = NAME, **claims: Any) -> App:
    """A patient's app that may do everything a patient's app may."""
    return app_of(world, name, **({"scope": scopes("patient")} | claims))


def staff(world: World, chart: str | None = None) -> App:
    """A tool of the care team, with this chart open or over all patients."""
    return staff_app(world, chart=chart, scope=scopes("user"))


def backend(world: World) -> App:
    """A service that the clinic listed."""
    return backend_app(world, scope=scopes("system"))


@dataclass(frozen=True, slots=True)
class Day:
    """Who lived it, and the ids of what came of it: two entries sent and filed, a draft, another patient's entry."""

    world: World
    first: str
    second: str
    draft: str
    theirs: str

    @property
    def app(self) -> App:
        """The app of the patient whose day it was."""
        return mine(self.world)

    def place(self, kind: str) -> str:
        """Where something of the first entry stands, by its type."""
        return {
            QR: f"{QR}/{self.first}",
            DR: f"{DR}/{self.first}",
            "Binary": f"Binary/{self.first}.1",
            "Encounter": "Encounter/six-done-1",
            "Provenance": f"Provenance/{self.first}.1",
            "Task": f"Task/{self._task}",
        }[kind]

    @property
    def _task(self) -> str:
        [found] = found_in(self.app.get("Task?encounter=Encounter/six-done-1"))
        return str(found["id"])


def lived(world: World) -> Day:
    """The day itself."""
    ada, bea = patient(world), patient(world, OTHER_NAME)
    ids: list[str] = []
    for ordinal in (1, 2):
        world.clock.pass_time(minutes=1)
        key = ada.write(f"six-done-{ordinal}", {f"ai{ordinal}.1": WORDS})
        ids.append(world.desk.entry_id(CLINIC, key))
    begun = ada.begin("six-done-3")
    assert ada.type(begun, 1, {"ai3.1": "not yet sent"}).status_code == 200
    theirs = bea.write("eight-done-1", {"ai1.1": THEIRS})
    patient(world, clinic=OTHER).write("six-done-1", {"ai1.1": THEIRS})
    assert world.deliver()
    draft, other = (world.desk.entry_id(CLINIC, key) for key in (begun, theirs))
    return Day(world, ids[0], ids[1], draft, other)


def fresh(world: World, ordinal: int = 1, **more: Any) -> Value:
    """A good response to be sent, under an identifier of its own."""
    said = {"encounter": f"six-done-{ordinal}", "identifier": keyed(str(uuid4()))} | more
    return response(world, ordinal, **said)


def created(world: World, ordinal: int = 1, **more: Any) -> httpx2.Response:
    """The answer to a response that was taken."""
    answer = mine(world).post(QR, fresh(world, ordinal, **more))
    assert answer.status_code == 201, answer.text
    world.clock.pass_time(minutes=1)
    return answer


def found_in(answer: httpx2.Response, mode: str = "match") -> list[Value]:
    """The resources in a searchset that were matched, or included."""
    assert answer.status_code == 200, answer.text
    entries = answer.json().get("entry", [])
    return [one["resource"] for one in entries if one["search"]["mode"] == mode]


def names(answer: httpx2.Response, mode: str = "match") -> list[str]:
    """The ids in a searchset, in their order."""
    return [str(one["id"]) for one in found_in(answer, mode)]


def links(answer: httpx2.Response) -> dict[str, str]:
    """The links of a Bundle by their relation."""
    return {one["relation"]: one["url"] for one in answer.json()["link"]}


def below(world: World, url: str) -> str:
    """The path of an address under the clinic's base."""
    assert url.startswith(f"{world.base}/"), url
    return url.removeprefix(f"{world.base}/")


def by_form(app: App, kind: str, query: str, in_address: str = "") -> httpx2.Response:
    """The same search as a form."""
    return app.ask("POST", f"{kind}/_search{in_address}", content=query.encode(), headers=FORM)


def issue_codes(answer: httpx2.Response) -> list[str]:
    """The codes of the OperationOutcome that a refusal has to be."""
    assert answer.headers["content-type"].startswith("application/fhir+json"), answer.text
    outcome = answer.json()
    assert outcome["resourceType"] == "OperationOutcome"
    return [str(one["code"]) for one in outcome["issue"]]
