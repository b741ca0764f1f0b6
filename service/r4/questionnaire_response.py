"""QuestionnaireResponse: what a patient answered, read from an app's JSON and written for the record system.

What is written holds only what others may see: a prompt kept private looks exactly like one that was skipped
(R-24), so the caller hands in the shared answers alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Any

from fhir.resources.R4B.questionnaireresponse import QuestionnaireResponse

from service.journal.enabling import enabled_links
from service.journal.entries import EntryStatus
from service.journal.items import AnsweredSet, GivenAnswer, QuestionItem, ResponseItem
from service.journal.problems import Fault, Unusable
from service.journal.prompts import PromptSet
from service.r4 import canonical, elements
from service.r4.elements import Json, choice, part, parts, reference, text
from service.r4.narrative import bad_narratives
from service.r4.raw_json import compact, splice
from service.r4.validity import faults_of

__all__ = ["FiledEntry", "NotAResponse", "ReceivedResponse", "read", "splice", "write"]

SDC_PROFILE = "http://hl7.org/fhir/uv/sdc/StructureDefinition/sdc-questionnaireresponse"
_STATUSES = frozenset(status.value for status in EntryStatus)


class NotAResponse(Unusable):
    """What was sent is no valid QuestionnaireResponse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedResponse(AnsweredSet):
    """A response as an app sent it. `identifier` is (system, value); `authored_written` the dateTime as it stands."""

    identifier: tuple[str, str] | None
    authored_written: str | None
    language: str | None
    has_subsetted_tag: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledEntry:
    """One sent version of an entry, as others may see it.

    `answers` are the shared ones by linkId; `authored` is when they last changed, with its zone (R-01).
    """

    entry_key: str
    patient_id: str
    encounter_id: str | None
    prompts: PromptSet
    answers: Mapping[str, str]
    status: EntryStatus
    authored: datetime
    language: str


def read(value: Json) -> ReceivedResponse:
    """The response in a JSON object; NotAResponse with every structural fault where it is not valid R4."""
    faults = faults_of(QuestionnaireResponse, value) or tuple(_beyond_the_model(value))
    if faults:
        raise NotAResponse(*faults)
    return ReceivedResponse(
        questionnaire=text(value, "questionnaire"),
        status=value["status"],
        subject=reference(value, "subject"),
        encounter=reference(value, "encounter"),
        authored=elements.moment(text(value, "authored")),
        author=reference(value, "author"),
        source=reference(value, "source"),
        items=tuple(_item(one) for one in parts(value, "item")),
        r5_source=any(elements.extensions(value, canonical.R5_SOURCE)),
        implicit_rules="implicitRules" in value,
        modifier_extensions=tuple(_modifier_extensions(value, "QuestionnaireResponse")),
        identifier=elements.identifier(part(value, "identifier")),
        authored_written=text(value, "authored"),
        language=text(value, "language"),
        has_subsetted_tag=any(tag.get("code") == "SUBSETTED" for tag in parts(part(value, "meta"), "tag")),
    )


def _beyond_the_model(value: Json) -> Iterator[Fault]:
    # The models check neither required bindings nor what a narrative holds.
    if value.get("status") not in _STATUSES:
        yield Fault("code-invalid", "This is no status of a response.", "QuestionnaireResponse.status")
    for place in bad_narratives(value, "QuestionnaireResponse"):
        yield Fault("invariant", "A narrative may hold simple formatting only (txt-1).", place)


def _item(value: Json) -> ResponseItem:
    return ResponseItem(
        link_id=value["linkId"],
        text=text(value, "text"),
        answers=tuple(_answer(one) for one in parts(value, "answer")),
        items=tuple(_item(one) for one in parts(value, "item")),
    )


def _answer(value: Json) -> GivenAnswer:
    kind, given = choice(value, "value")
    return GivenAnswer(kind, given, tuple(_item(one) for one in parts(value, "item")))


def _modifier_extensions(value: Any, path: str) -> Iterator[str]:
    if isinstance(value, list):
        for index, one in enumerate(value):
            yield from _modifier_extensions(one, f"{path}[{index}]")
    elif isinstance(value, dict):
        for name, one in value.items():
            if name == "modifierExtension":
                yield f"{path}.modifierExtension"
            else:
                yield from _modifier_extensions(one, f"{path}.{name}")


def write(entry: FiledEntry) -> bytes:
    """The response for others to see, without the elements a server owns; ValueError where `authored` has no zone.

    Every item of the questionnaire that was put is there, display items too, with the text that was shown (R-12).
    """
    if entry.authored.tzinfo is None:
        raise ValueError("authored needs a zone")
    patient, shown = {"reference": f"Patient/{entry.patient_id}"}, _shown(entry)
    return compact(
        {
            "resourceType": "QuestionnaireResponse",
            "meta": {"profile": [SDC_PROFILE]},
            "language": entry.language,
            "text": {"status": "generated", "div": _narrative(entry)},
            "identifier": {"system": canonical.URI_IDENTIFIER, "value": f"urn:uuid:{entry.entry_key}"},
            "questionnaire": entry.prompts.canonical,
            "status": entry.status.value,
            "subject": patient,
            **_encounter(entry),
            "authored": entry.authored.isoformat(timespec="seconds"),
            "author": patient,
            "source": patient,
            "item": [
                _written_item(one, entry.answers, shown)
                for one in _asked(entry.prompts)
                if one.link_id in shown
            ],
        }
    )


def _encounter(entry: FiledEntry) -> Json:
    # No link, no encounter: nothing is filed to a wrong one (product rule 11).
    return {"encounter": {"reference": f"Encounter/{entry.encounter_id}"}} if entry.encounter_id else {}


def _asked(prompts: PromptSet) -> tuple[QuestionItem, ...]:
    return prompts.items or (
        QuestionItem(prompts.notice_link_id, "display", prompts.notice),
        QuestionItem(prompts.crisis_link_id, "display", prompts.crisis_line),
        *(QuestionItem(prompt.link_id, "text", prompt.text) for prompt in prompts.prompts),
    )


def _shown(entry: FiledEntry) -> frozenset[str]:
    """The items that stand in the response: once it is sent, those that were put or hold an answer (SDC validation)."""
    asked = _asked(entry.prompts)
    if entry.status in (EntryStatus.IN_PROGRESS, EntryStatus.STOPPED):
        return frozenset(item.link_id for one in asked for item in one.walk())
    given = {link_id: (GivenAnswer("String", words),) for link_id, words in entry.answers.items()}
    return enabled_links(asked, given) | frozenset(
        item.link_id
        for one in asked
        for item in one.walk()
        if any(below.link_id in entry.answers for below in item.walk())
    )


def _written_item(item: QuestionItem, answers: Mapping[str, str], shown: frozenset[str]) -> Json:
    written: Json = {"linkId": item.link_id}
    if item.text is not None:
        written["text"] = item.text
    if item.type == "group":
        written["item"] = [
            _written_item(child, answers, shown) for child in item.items if child.link_id in shown
        ]
    elif item.link_id in answers:
        written["answer"] = [{"valueString": answers[item.link_id]}]
    return written


def _narrative(entry: FiledEntry) -> str:
    prompts = entry.prompts
    told = "".join(
        f"<h3>{escape(f'{prompt.prefix} {prompt.text}'.strip())}</h3><p>{_words(entry.answers.get(prompt.link_id))}</p>"
        for prompt in prompts.prompts
    )
    language = escape(entry.language)
    return (
        f'<div xmlns="http://www.w3.org/1999/xhtml" lang="{language}" xml:lang="{language}">'
        f"<h2>{escape(prompts.title)}</h2>"
        f"<p>Written by the patient.</p>{told}<p>{escape(prompts.notice)}</p><p>{escape(prompts.crisis_line)}</p></div>"
    )


def _words(answer: str | None) -> str:
    if answer is None:
        return "<i>No answer shared</i>"
    return "<br/>".join(escape(line) for line in answer.replace("\r\n", "\n").split("\n"))
