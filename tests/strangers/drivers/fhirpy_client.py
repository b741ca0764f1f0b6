"""PyPI fhirpy: create, read, search over pages; and what must be refused."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from fhirpy import SyncFHIRClient
from fhirpy.base.exceptions import AuthorizationError, OperationOutcome, ResourceNotFound

from tests.strangers.drivers import telling
from tests.strangers.drivers.telling import WORDS, same

QR = "QuestionnaireResponse"


class Driver:
    """One run of the checks; what one makes another reads."""

    def __init__(self, task: dict[str, Any]) -> None:
        self.task = task
        self.client = SyncFHIRClient(task["base"], authorization=f"Bearer {task['token']}")
        self.sets: dict[int, Any] = {}
        self.made: dict[int, Any] = {}

    def checks(self) -> telling.Checks:
        """Every check by its name, in the order they need."""
        return {
            "read-questionnaires": self.read_questionnaires,
            "create": self.create,
            "read": self.read,
            "search": self.search,
            "refused-token-of-another-base": self.another_token,
            "refused-reading-another-patient": self.another_response,
            "refused-writing-for-another-patient": self.another_subject,
        }

    def read_questionnaires(self) -> None:
        for ordinal in (1, 2, 3, 4):
            name = f"after-infusion-{ordinal}"
            self.sets[ordinal] = self.client.reference("Questionnaire", name).to_resource()
        found = self.client.resources("Questionnaire").search(url=self.sets[1].url).fetch_all()
        same([one.id for one in found], ["after-infusion-1"], "found by url")

    def create(self) -> None:
        for ordinal in (1, 2, 3):
            self.made[ordinal] = self.client.resource(QR, **self._response(ordinal, self.task["patient"]))
            self.made[ordinal].save()
        told = {item.linkId: item.answer[0].valueString for item in self.made[1]["item"]}
        same(told, {f"ai1.{number}": f"{WORDS} ai1.{number}" for number in range(1, 6)}, "words")

    def read(self) -> None:
        again = self.client.reference(QR, self.made[1].id).to_resource()
        same(again.serialize(), self.made[1].serialize(), "what was created")

    def search(self) -> None:
        responses = self.client.resources(QR).search(patient=self.task["patient"], status="completed")
        found = [one.id for one in responses.limit(1).fetch_all()]
        same(sorted(found), sorted(one.id for one in self.made.values()), "found over pages")
        same(responses.search(identifier=self.made[2].identifier.value).get().id, self.made[2].id, "by name")

    def another_token(self) -> None:
        client = SyncFHIRClient(self.task["base"], authorization=f"Bearer {self.task['foreignToken']}")
        self._refused(AuthorizationError, client.resources(QR).fetch)

    def another_response(self) -> None:
        self._refused(ResourceNotFound, self.client.reference(QR, self.task["othersResponse"]).to_resource)

    def another_subject(self) -> None:
        resource = self.client.resource(QR, **self._response(4, self.task["other"]))
        refusal = self._refused(OperationOutcome, resource.save)
        assert '"forbidden"' in str(refusal).replace("'", '"'), refusal

    def _response(self, ordinal: int, patient: str) -> dict[str, Any]:
        asked, person = self.sets[ordinal], {"reference": f"Patient/{patient}"}
        return {
            "identifier": {"system": "urn:ietf:rfc:3986", "value": f"urn:uuid:{uuid4()}"},
            "questionnaire": f"{asked.url}|{asked.version}",
            "status": "completed",
            "subject": person,
            "author": person,
            "source": person,
            "encounter": {"reference": f"Encounter/{self.task['encounters'][ordinal - 1]}"},
            "authored": datetime.now(UTC).isoformat(timespec="seconds"),
            "item": [
                {"linkId": item.linkId, "answer": [{"valueString": f"{WORDS} {item.linkId}"}]}
                for item in asked["item"]
                if item.type == "text"
            ],
        }

    def _refused(self, wanted: type[Exception], call: Callable[[], Any]) -> Exception:
        try:
            answer = call()
        except wanted as refusal:
            return refusal
        raise AssertionError(f"it was answered: {answer!r}")


if __name__ == "__main__":
    telling.run(Driver(telling.task()).checks())
