"""Scopes of Tasks with search constraints, apart from those of responses: nothing is made of a Task (T16)."""

import json
from collections.abc import Callable

import pytest

from tests.people import FHIR_JSON, app_of, patient
from tests.web.fhir_answers import QR, Value, ids
from tests.world import World


class TestTasks:
    """Task by status and encounter, for every interaction; and "not today" is not said through a narrowed view."""

    @staticmethod
    def _tasks(world: World) -> list[Value]:
        patient(world).write("six-done-1", {"ai1.1": "x"})
        found = app_of(world, scope="patient/Task.rs").get("Task").json()["entry"]
        return [one["resource"] for one in found]

    @pytest.mark.parametrize(
        "constraint",
        ["status=completed", "status=requested", "encounter=six-done-1", "encounter=Encounter/six-done-2"],
    )
    def test_a_constraint_holds_everywhere(self, world: World, constraint: str) -> None:
        name, _, value = constraint.partition("=")
        told: Callable[[Value], str] = {
            "status": lambda one: str(one["status"]),
            "encounter": lambda one: str(one["encounter"]["reference"]).rpartition("/")[2],
        }[name]
        tasks = self._tasks(world)
        allowed = {one["id"] for one in tasks if told(one) == value.rpartition("/")[2]}
        assert 0 < len(allowed) < len(tasks)
        app = app_of(world, scope=f"patient/Task.rs?{constraint}")

        assert set(ids(app.get("Task"))) == allowed
        assert app.get("Task?_summary=count").json()["total"] == len(allowed)
        for one in tasks:
            code = 200 if one["id"] in allowed else 404
            place = f"Task/{one['id']}"
            for path in (place, f"{place}/_history", f"{place}/_history/{one['meta']['versionId']}"):
                assert app.get(path).status_code == code, path

    def test_nothing_is_declined_through_a_narrowed_view(self, world: World) -> None:
        """It takes several steps, which must see all of them; so u is not granted beside a constraint."""
        task = next(one for one in self._tasks(world) if one["status"] == "requested")
        for narrowed in (
            "patient/Task.rs?status=requested",
            f"patient/{QR}.rs?status=completed patient/Task.rs",
        ):
            app = app_of(world, scope=f"{narrowed} patient/Task.u")
            tag = f'W/"{task["meta"]["versionId"]}"'
            raw = task | {"status": "rejected"}
            answer = app.ask(
                "PUT",
                f"Task/{task['id']}",
                content=json.dumps(raw),
                headers=FHIR_JSON | {"If-Match": tag},
            )
            assert answer.status_code == 403, answer.text
