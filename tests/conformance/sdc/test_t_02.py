"""A Task that asks for a form to be completed names the form among its inputs and has no focus.
[SDC 4.0 sdc-task, sdc-t1]
"""

from tests.conformance.sdc.tasks import said, task_of
from tests.world import World


def test_none_has_a_focus_and_each_names_its_form(world: World) -> None:
    for ordinal in (1, 2, 6):
        task = task_of(world, ordinal)
        assert "focus" not in task
        [form] = said(task, "input", "questionnaire")
        assert form["valueCanonical"].partition("|")[0].endswith(f"/after-infusion-{ordinal}")
