"""What a questionnaire asks and what a response answers, as two trees of plain values.

`QuestionItem` mirrors Questionnaire.item, `ResponseItem` mirrors QuestionnaireResponse.item; both are faithful
enough to judge one by the other (service.journal.checking) without knowing any FHIR class. They stand apart from
prompts because a clinic's own sets may hold other item types than free text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from service.journal.match import Coding


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file given as an answer: its media type, and its size in bytes where the response tells it."""

    content_type: str | None
    size: int | None


@dataclass(frozen=True, slots=True)
class Quantity:
    """A measured amount with its unit as a code, or as words where there is no code."""

    value: Decimal | None
    unit: Coding | str | None = None


AnswerValue: TypeAlias = str | bool | int | Decimal | Coding | Attachment | Quantity | None


@dataclass(frozen=True, slots=True)
class Condition:
    """One enableWhen: the question looked at, the operator, and the value compared with (R4 enableWhen)."""

    question: str
    operator: str
    type: str
    value: AnswerValue


@dataclass(frozen=True, slots=True)
class QuestionItem:
    """One Questionnaire.item. `texts` holds its wording in every language published; `options` the allowed answers."""

    link_id: str
    type: str
    text: str | None = None
    texts: frozenset[str] = frozenset()
    required: bool = False
    repeats: bool = False
    max_length: int | None = None
    min_length: int | None = None
    min_value: AnswerValue = None
    max_value: AnswerValue = None
    min_occurs: int | None = None
    max_occurs: int | None = None
    options: tuple[AnswerValue, ...] = ()
    enable_when: tuple[Condition, ...] = ()
    enable_any: bool = False
    items: tuple["QuestionItem", ...] = ()

    def walk(self) -> Iterator["QuestionItem"]:
        """This item and all below it, in document order."""
        yield self
        for child in self.items:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class GivenAnswer:
    """One QuestionnaireResponse answer. `type` is the suffix of value[x], e.g. "String"; "" where no value came."""

    type: str
    value: AnswerValue
    items: tuple["ResponseItem", ...] = ()

    @property
    def is_blank(self) -> bool:
        """Whether it says nothing: no value, or white space only (V8, V22)."""
        return self.value is None or (isinstance(self.value, str) and not self.value.strip())


@dataclass(frozen=True, slots=True)
class ResponseItem:
    """One QuestionnaireResponse.item, as it was sent."""

    link_id: str
    text: str | None = None
    answers: tuple[GivenAnswer, ...] = ()
    items: tuple["ResponseItem", ...] = ()

    def walk(self) -> Iterator["ResponseItem"]:
        """This item and all below it, whether under the item or under its answers."""
        yield self
        for child in (*self.items, *(item for answer in self.answers for item in answer.items)):
            yield from child.walk()


@dataclass(frozen=True, slots=True, kw_only=True)
class AnsweredSet:
    """A response as far as the rules look at it. References are kept as written, e.g. "Patient/7".

    `modifier_extensions` names the places (FHIRPath) where one stands; `r5_source` says whether the extension that
    carries R5's source is there.
    """

    questionnaire: str | None
    status: str
    subject: str | None
    encounter: str | None
    authored: datetime | None
    author: str | None
    source: str | None
    items: tuple[ResponseItem, ...]
    r5_source: bool = False
    implicit_rules: bool = False
    modifier_extensions: tuple[str, ...] = ()

    def walk(self) -> Iterator[ResponseItem]:
        """Every item of the response, at every depth."""
        for item in self.items:
            yield from item.walk()

    def texts(self) -> dict[str, str]:
        """The free text given, by linkId: the first answer of each item that is not blank."""
        return {
            item.link_id: answer.value
            for item in self.walk()
            for answer in item.answers[:1]
            if isinstance(answer.value, str) and not answer.is_blank
        }
