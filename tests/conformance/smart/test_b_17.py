"""A batch has no scope of its own: each of its entries is let in or refused by itself. [SMART App Launch 2.2, scopes,
Batches and Transactions]
"""

from tests.conformance.smart.asking import QR, SET, scoped
from tests.world import World


def test_each_entry_stands_for_itself(world: World) -> None:
    wanted = (SET, QR, f"{QR}/none", "Task")
    entries = [{"request": {"method": "GET", "url": url}} for url in wanted]
    batch = {"resourceType": "Bundle", "type": "batch", "entry": entries}
    answer = scoped(world, f"patient/{QR}.s").post("", batch)

    assert answer.status_code == 200, answer.text
    statuses = [one["response"]["status"][:3] for one in answer.json()["entry"]]
    assert statuses == ["200", "200", "403", "403"]
