"""The words of these tests, and what is kept of them."""

from service.store import drafts
from tests.workflow.contexts import as_patient
from tests.world import World

WORDS = "The sea was calm, naïve café 🌊 <b>not bold</b>."


def draft_of(world: World, key: str, name: str = "patient-six-done") -> dict[str, str]:
    """The words kept under this key, as their patient would read them."""
    found = drafts.draft(world.desk.store, as_patient(name), key)
    return {one.link_id: one.text for one in found.answers} if found else {}
