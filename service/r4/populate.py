"""The skeleton of a response: every item of a Questionnaire with its text, and no answer but the questionnaire's own.

Nothing of the patient goes in (P-05), and no earlier words either: what a prompt looks back at is shown beside it,
never copied (P-09).
"""

from dataclasses import dataclass
from datetime import datetime

from service.r4 import canonical
from service.r4.elements import Json, extensions, part, parts, text
from service.r4.questionnaire_response import SDC_PROFILE
from service.r4.raw_json import compact

_LAUNCH_CONTEXT = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaire-launchContext"


@dataclass(frozen=True, slots=True, kw_only=True)
class Blank:
    """For whom a skeleton is made: `key` is the entry's, `authored` has a zone, the encounter's id is None for none."""

    canonical: str
    key: str
    patient_id: str
    encounter_id: str | None
    authored: datetime
    language: str


def launch_contexts(questionnaire: Json) -> frozenset[str]:
    """The names of the contexts that the Questionnaire declares (SDC launchContext), such as "encounter"."""
    return frozenset(
        code
        for declared in extensions(questionnaire, _LAUNCH_CONTEXT)
        for said in extensions(declared, "name")
        if (code := text(part(said, "valueCoding"), "code"))
    )


def skeleton(questionnaire: Json, blank: Blank) -> bytes:
    """A response in progress with one item per item of the Questionnaire, at its place (P-04).

    Items that wait for an answer (enableWhen) are there too, repeating ones once, defaults filled. What stands below
    a question has its place below an answer in R4, so it is there only where the question has a default.
    """
    patient = {"reference": f"Patient/{blank.patient_id}"}
    encounter = {"encounter": {"reference": f"Encounter/{blank.encounter_id}"}} if blank.encounter_id else {}
    return compact(
        {
            "resourceType": "QuestionnaireResponse",
            "meta": {"profile": [SDC_PROFILE]},
            "language": blank.language,
            "identifier": {"system": canonical.URI_IDENTIFIER, "value": f"urn:uuid:{blank.key}"},
            "questionnaire": blank.canonical,
            "status": "in-progress",
            "subject": patient,
            **encounter,
            "authored": blank.authored.isoformat(timespec="seconds"),
            "author": patient,
            "source": patient,
            "item": [_item(one) for one in parts(questionnaire, "item")],
        }
    )


def _item(asked: Json) -> Json:
    item = {name: asked[name] for name in ("linkId", "text") if name in asked}
    below = [_item(one) for one in parts(asked, "item")]
    if asked.get("type") == "group":
        return item | {"item": below}
    answers = _defaults(asked)
    if answers and below:
        answers[0]["item"] = below
    return item | ({"answer": answers} if answers else {})


def _defaults(asked: Json) -> list[Json]:
    """What the Questionnaire itself answers with: initial values, or the options it has chosen beforehand."""
    chosen = [one for one in parts(asked, "answerOption") if one.get("initialSelected") is True]
    values = [
        {name: value for name, value in one.items() if name.startswith("value")}
        for one in (parts(asked, "initial") or chosen)
    ]
    return [value for value in values if value]
