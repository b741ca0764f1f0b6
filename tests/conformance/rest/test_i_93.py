"""Each entry of a batch needs its own scope and leaves its own record of access.
[SMART App Launch 2.2, scopes: Batches and Transactions; IHE BALP]
"""

from service.audit.record import Deed
from tests.conformance.rest.asking import QR, Value, created, mine
from tests.people import App
from tests.workflow.remembered import log
from tests.world import World


def asked(app: App, *paths: str) -> list[str]:
    entry: list[Value] = [{"request": {"method": "GET", "url": path}} for path in paths]
    answer = app.post("", {"resourceType": "Bundle", "type": "batch", "entry": entry})
    return [str(one["response"]["status"])[:3] for one in answer.json()["entry"]]


def test_each_entry_needs_its_own_scope(world: World) -> None:
    paths = (f"{QR}/{created(world).json()['id']}", QR, "Task", "Encounter/six-done-1")

    for scope, statuses in (
        (f"patient/{QR}.r", ["200", "403", "403", "403"]),
        (f"patient/{QR}.s patient/Task.rs", ["403", "200", "200", "403"]),
        ("patient/Encounter.r", ["403", "403", "403", "200"]),
    ):
        assert asked(mine(world, scope=scope), *paths) == statuses, scope


def test_each_leaves_its_own_record(world: World) -> None:
    kept = created(world).json()
    app = mine(world, scope=f"patient/{QR}.rs")
    before = len(log(world))

    asked(app, f"{QR}/{kept['id']}", QR, "Task")

    assert [one.deed for one in log(world)[before:]] == [Deed.READ, Deed.SEARCH, Deed.REFUSAL]
