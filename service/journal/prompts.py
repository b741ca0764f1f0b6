"""The clinic's prompts: what a patient is asked after an infusion, in the clinic's own words.

A prompt is known by its theme, never by its place (product rule 2); a published set never changes, a change of text
is a new version (rule 4).
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from service.journal.items import QuestionItem

# A published set that one clinic does not offer, because it has not approved its translation (rule 5).
_WITHHELD = "withheld"
# The two prompts that recur word for word over the series (rule 2).
REPEATING_THEMES = ("insights", "change-since-start")


@dataclass(frozen=True, slots=True)
class LookBack:
    """Earlier words to have in view: one answer of an earlier set, or the whole set where `theme_link_id` is None.

    `set_ordinal` None means the sets that have no ordinal: what was written after later infusions (rule 10).
    """

    set_ordinal: int | None
    theme_link_id: str | None = None


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question for free writing. `prefix` is its visible number ("1."), `max_length` counts characters."""

    link_id: str
    prefix: str
    text: str
    theme: str
    max_length: int
    looks_back: tuple[LookBack, ...] = ()


@dataclass(frozen=True, slots=True)
class PromptSet:
    """One published version of a set of prompts. `ordinal` is the infusion it belongs to, None where it has none.

    `items` is the whole Questionnaire that responses are judged by; `prompts` are its free-text questions. `notice`
    and `crisis_line` are its two display items (rule 6). `translations` are the languages (BCP 47) in which its words
    stand as well.
    """

    url: str
    version: str
    name: str
    title: str
    ordinal: int | None
    language: str
    publisher: str
    notice: str
    crisis_line: str
    prompts: tuple[Prompt, ...]
    status: str = "active"
    notice_link_id: str = "notice"
    crisis_link_id: str = "crisis"
    items: tuple[QuestionItem, ...] = ()
    translations: frozenset[str] = frozenset()

    @property
    def canonical(self) -> str:
        """The name a response pins: url|version."""
        return f"{self.url}|{self.version}"

    @property
    def is_open(self) -> bool:
        """Whether new entries may be written in it; a retired set stays readable (Q-06)."""
        return self.status == "active"

    @property
    def is_withheld(self) -> bool:
        """Whether this clinic does not offer it; what was written in it elsewhere or earlier stays readable."""
        return self.status == _WITHHELD

    def prompt(self, link_id: str) -> Prompt | None:
        """The prompt with this linkId."""
        return next((prompt for prompt in self.prompts if prompt.link_id == link_id), None)


@dataclass(frozen=True, slots=True)
class PromptLibrary:
    """Every version of every set that was ever published here."""

    sets: tuple[PromptSet, ...]

    def offered(self, approved: Collection[str] = ()) -> "PromptLibrary":
        """The same library at a clinic that has approved these translations; sets with others are withheld (rule 5)."""
        return PromptLibrary(
            tuple(
                one if one.translations <= set(approved) else replace(one, status=_WITHHELD)
                for one in self.sets
            )
        )

    def by_canonical(self, canonical: str | None) -> PromptSet | None:
        """The set with exactly this url|version; a canonical without a version names none (rule 4)."""
        return next((one for one in self.sets if one.canonical == canonical), None)

    def for_ordinal(self, ordinal: int) -> PromptSet | None:
        """The newest open set for this infusion of the series."""
        return _newest(one for one in self.sets if one.ordinal == ordinal)

    def by_url(self, url: str) -> PromptSet | None:
        """The newest open version of the set with this url, without a version; None where none is open (rule 4)."""
        return _newest(one for one in self.sets if one.url == url)

    @property
    def repeating(self) -> PromptSet | None:
        """The set beyond the last one, by default: the repeating prompts alone, each once, in any order (rule 10).

        The newest open set without an ordinal whose themes are exactly those; None where there is none.
        """
        wanted = sorted(REPEATING_THEMES)
        return _newest(
            one
            for one in self.sets
            if one.ordinal is None and sorted(prompt.theme for prompt in one.prompts) == wanted
        )

    @property
    def closing(self) -> PromptSet | None:
        """The last set of the series, which a clinician may ask for early (rule 10).

        The newest open set of the highest ordinal that has an open one; None where there is none.
        """
        last = max(
            (one.ordinal for one in self.sets if one.ordinal is not None and one.is_open), default=None
        )
        return None if last is None else self.for_ordinal(last)

    def of_theme(self, theme: str) -> Iterator[tuple[PromptSet, Prompt]]:
        """The prompts that ask about one theme: what may stand side by side (rule 2).

        In the order of the series; sets without an ordinal come after the last that has one.
        """
        ordered = sorted(
            self.sets, key=lambda one: (one.ordinal is None, one.ordinal or 0, _precedence(one.version))
        )
        return ((one, prompt) for one in ordered for prompt in one.prompts if prompt.theme == theme)


def _newest(sets: Iterable[PromptSet]) -> PromptSet | None:
    return max((one for one in sets if one.is_open), key=lambda one: _precedence(one.version), default=None)


def _precedence(version: str) -> tuple[tuple[int, ...], bool, str]:
    # Semantic versioning: the numbers decide; of equal numbers, a pre-release comes first.
    numbers, _, pre_release = version.partition("+")[0].partition("-")
    return (
        tuple(int(part) if part.isdigit() else 0 for part in numbers.split(".")),
        not pre_release,
        pre_release,
    )
