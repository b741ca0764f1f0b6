"""All clients in one house: who comes as which patient, and what the service holds when they have gone."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2

from tests.strangers.clients import CLIENTS, Client, Verdict, verdicts
from tests.strangers.house import APP_NAME, House, running
from tests.strangers.modules import HERE, build, modules
from tests.strangers.page_server import PAGES
from tests.strangers.patients import INFUSIONS, Stranger
from tests.strangers.tokens import token_for

_SCRIPTS = ("smart-js.js", "lforms.js", "smart-forms.jsx")
_BYSTANDER = Stranger("patient-bystander")


@dataclass(frozen=True, slots=True)
class Visit:
    """One client's visit: its verdicts, and how many responses the service holds of its patient afterwards."""

    client: Client
    verdicts: tuple[Verdict, ...]
    kept: int


def visits(rounds: int, report: Callable[[str], None]) -> Iterator[Visit]:
    """Let every client come so many times, each time as another patient."""
    coming = [(client, _patient(client, number)) for number in range(1, rounds + 1) for client in CLIENTS]
    with _opened((_BYSTANDER, *(patient for _, patient in coming))) as (house, built):
        others = _written_by_the_bystander(house)
        for client, patient in coming:
            found = verdicts(client, _task(house, client, patient, others), built)
            for verdict in found:
                report(f"{patient.id} {verdict.check}: {'held' if verdict.held else verdict.why}")
            yield Visit(client, found, _kept(house, patient))


def _patient(client: Client, number: int) -> Stranger:
    return Stranger(f"patient-{client.patient}-{number}")


@contextmanager
def _opened(patients: tuple[Stranger, ...]) -> Iterator[tuple[House, Path]]:
    """The house with these people, and the folder of what was built for Node.js."""
    with tempfile.TemporaryDirectory(prefix="strangers-") as name:
        folder = Path(name)
        built, pages, run = (folder / part for part in ("built", "pages", "run"))
        for part in (built, pages, run):
            part.mkdir()
        _make_pages(pages)
        for client in CLIENTS:
            if client.driver.endswith(".mjs"):
                build(f"drivers/{client.driver}", built, platform="node")
        with running(run, pages, patients) as house:
            yield house, built


def _make_pages(pages: Path) -> None:
    for page in (HERE / "pages").glob("*.html"):
        shutil.copy(page, pages)
    for script in _SCRIPTS:
        build(f"pages/{script}", pages, platform="browser")
    component = modules() / "lforms" / "dist" / "lforms"
    shutil.copytree(component, pages / "lforms", ignore=shutil.ignore_patterns("*.map"))


def _task(house: House, client: Client, patient: Stranger, others: str) -> dict[str, object]:
    """What a driver needs to know: addresses, its patient, its tokens, and what is none of its business."""
    return {
        "base": house.base,
        "sandbox": house.sandbox,
        "elsewhere": house.elsewhere,
        "app": f"{house.pages}{PAGES}/{client.page}",
        "unlisted": f"{house.unlisted}{PAGES}/{client.page}",
        "appName": APP_NAME,
        "patient": patient.id,
        "encounters": [patient.encounter(ordinal) for ordinal in range(1, INFUSIONS + 1)],
        "token": token_for(house, patient, house.base),
        "foreignToken": token_for(house, patient, f"{house.sandbox}/fhir"),
        "other": _BYSTANDER.id,
        "othersResponse": others,
    }


def _written_by_the_bystander(house: House) -> str:
    """The id of a response that is there, and that its own patient can read: nobody else may."""
    token = token_for(house, _BYSTANDER, house.base)
    person = {"reference": f"Patient/{_BYSTANDER.id}"}
    with _http(token) as http:
        asked = http.get(f"{house.base}/Questionnaire/after-infusion-1").raise_for_status().json()
        sent = {
            "resourceType": "QuestionnaireResponse",
            "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid4()}"},
            "questionnaire": f"{asked['url']}|{asked['version']}",
            "status": "completed",
            "subject": person,
            "encounter": {"reference": f"Encounter/{_BYSTANDER.encounter(1)}"},
            "authored": datetime.now(UTC).isoformat(timespec="seconds"),
            "item": [{"linkId": "ai1.1", "answer": [{"valueString": "Nobody else's."}]}],
        }
        made = http.post(f"{house.base}/QuestionnaireResponse", json=sent).raise_for_status().json()
        http.get(f"{house.base}/QuestionnaireResponse/{made['id']}").raise_for_status()
    found: str = made["id"]
    return found


def _kept(house: House, patient: Stranger) -> int:
    with _http(token_for(house, patient, house.base)) as http:
        asked = f"{house.base}/QuestionnaireResponse?status=completed&_count=50"
        found: dict[str, Any] = http.get(asked).raise_for_status().json()
    return len(found.get("entry", []))


def _http(token: str) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {token}", "Accept": "application/fhir+json"}
    return httpx2.Client(headers=headers, trust_env=False, timeout=30.0)
