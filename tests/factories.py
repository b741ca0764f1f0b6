"""Small builders that tests of several rooms share: what an app would send us."""

from typing import Any

from tests.world import World

URN = "urn:ietf:rfc:3986"
Value = dict[str, Any]


def response(
    world: World,
    ordinal: int = 1,
    name: str = "patient-six-done",
    encounter: str | None = "six-done-1",
    words: dict[str, str] | None = None,
    **more: Any,
) -> Value:
    """A good QuestionnaireResponse of an app's own making; None in `more` takes an element away."""
    prompt_set = world.desk.library.for_ordinal(ordinal)
    assert prompt_set is not None
    said = words if words is not None else {prompt_set.prompts[0].link_id: "from my own app"}
    value: Value = {
        "resourceType": "QuestionnaireResponse",
        "questionnaire": prompt_set.canonical,
        "status": "completed",
        "subject": {"reference": f"Patient/{name}"},
        "authored": world.clock().isoformat(),
    }
    if said:
        value["item"] = [{"linkId": one, "answer": [{"valueString": text}]} for one, text in said.items()]
    if encounter is not None:
        value["encounter"] = {"reference": f"Encounter/{encounter}"}
    return {element: one for element, one in (value | more).items() if one is not None}


def keyed(key: str) -> Value:
    """The identifier of an entry with this key."""
    return {"system": URN, "value": f"urn:uuid:{key}"}
