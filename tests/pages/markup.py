"""A rendered page as its parts: elements with their attributes, forms with what they hold, all text."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

_CONTROLS = ("input", "select", "textarea", "button")


@dataclass
class Form:
    """One form: its own attributes, and those of the controls in it with their tag."""

    attributes: dict[str, str | None]
    controls: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)

    @property
    def fields(self) -> dict[str | None, str | None]:
        """The values of the inputs by name."""
        return {one.get("name"): one.get("value") for tag, one in self.controls if tag == "input"}


class Markup(HTMLParser):
    """Read once; then ask."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.forms: list[Form] = []
        self._texts: list[str] = []
        self._open_form: Form | None = None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        self.elements.append((tag, attributes))
        if tag == "form":
            self._open_form = Form(attributes)
            self.forms.append(self._open_form)
        elif tag in _CONTROLS and self._open_form:
            self._open_form.controls.append((tag, attributes))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open_form = None

    def handle_data(self, data: str) -> None:
        self._texts.append(data)

    @property
    def text(self) -> str:
        """All words of the page, blanks joined."""
        return " ".join("".join(self._texts).split())

    def all(self, tag: str) -> Iterator[dict[str, str | None]]:
        """The attributes of every element with this tag."""
        return (attributes for name, attributes in self.elements if name == tag)

    def unlabelled(self) -> list[str | None]:
        """The controls for typing or choosing that have no label of their own."""
        labelled = {label.get("for") for label in self.all("label")}
        return [
            one.get("name")
            for tag, one in self.elements
            if tag in ("input", "select", "textarea") and one.get("type") != "hidden" and "hidden" not in one
            if one.get("id") not in labelled
        ]
