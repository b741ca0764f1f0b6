"""Whatever a patient types comes back as it was typed, through the form and through the page's own saving (fault F46).

n texts drawn over all of Unicode go in and are read from the page again. Two things alone are different afterwards:
every line end is LF, and each C0 control that FHIR strings may not have is a space.
"""

import html
import random
import re
from collections.abc import Callable
from urllib.parse import quote_plus

from tests.people import FORM, Patient, patient
from tests.proofs.figures import Figures, exactly
from tests.proofs.small_world import small_world

DEFAULT_N = 5_000
CI_N = 200

LINKS = tuple(f"ai1.{number}" for number in range(1, 6))
_CONTROLS = [chr(code) for code in range(32)]
_LINE_ENDS = ["\r\n", "\r", "\n", "\n\n"]
_ODD = [
    "<b>&amp;</b>", "</textarea>", "&#10;", "\u202e", "\u200f", "\u0301", "\u200d", "👩‍👩‍👧", "\ufeff",
    "\uffff", "\u2028",
    "\u0085", "\x7f", "%00", "\\u0000", "{{ 7 * 7 }}", "  ", "\t", "नमस्ते", "שלום", "e\u0301", "é", "\U0010ffff",
]  # fmt: skip
_BLOCKS = ((0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x590, 0x6FF), (0x900, 0x97F), (0x4E00, 0x9FFF),
           (0xE000, 0xF8FF), (0x1F300, 0x1FAFF), (0x20, 0xD7FF), (0xE000, 0x10FFFF))  # fmt: skip
_AREA = re.compile(r"<textarea[^>]*>\n(.*?)</textarea>", re.DOTALL)


def prove(n: int, seed: int, report: Callable[[str], None]) -> Figures:
    """n texts, five to a page, by a form and by the page's saving in turn."""
    chance = random.Random(seed)
    texts, different, ways = 0, 0, [0, 0]
    with small_world() as world:
        ada = patient(world)
        key = ada.begin("six-done-1")
        revision = 1
        while texts < n:
            typed = [text_of(chance) for _ in range(min(len(LINKS), n - texts))]
            way = (texts // len(LINKS)) % 2
            (_by_form, _by_itself)[way](ada, key, revision, typed)
            revision, found = _read(ada, key)
            wrong = sum(one != kept(text) for one, text in zip(found, typed, strict=False))
            if wrong:
                report(f"{wrong} of five differ after text {texts}, way {way}")
            texts, different, ways[way] = texts + len(typed), different + wrong, ways[way] + len(typed)
    return Figures(
        planned=n,
        injected=texts,
        counted={"texts": texts, "by_form": ways[0], "by_itself": ways[1], "roundtrip_diff": different},
        bars={"texts": exactly(n), "roundtrip_diff": exactly(0)},
    )


def text_of(chance: random.Random) -> str:
    """One text: letters of some scripts, with what is hard to carry strewn in; never half a surrogate pair."""
    pieces = []
    for _ in range(chance.choice((1, 3, 10, 60))):
        low, high = chance.choice(_BLOCKS)
        run = "".join(chr(chance.randint(low, high)) for _ in range(chance.randint(1, 12)))
        pieces.append(chance.choice((run, run, chance.choice(_ODD + _LINE_ENDS + _CONTROLS))))
    return "".join(one for one in "".join(pieces) if not "\ud800" <= one <= "\udfff") or "."


def kept(text: str) -> str:
    """The text as the journal keeps it, said here once more."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(" " if one < " " and one not in "\t\n" else one for one in lines)


def _by_form(one: Patient, key: str, revision: int, typed: list[str]) -> None:
    """As a browser posts a form: every line end is CRLF on the way."""
    fields = {"csrf": one.csrf, "revision": str(revision), "go": "all"}
    fields |= {f"text-{link}": _on_the_way(text) for link, text in zip(LINKS, typed, strict=False)}
    body = "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items())
    answer = one.browser.ask("POST", one.url(f"entry/{key}/all"), content=body, headers=FORM)
    assert answer.status_code == 303, answer.status_code


def _on_the_way(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def _by_itself(one: Patient, key: str, revision: int, typed: list[str]) -> None:
    """As the module saves. What it cannot save (a control in JSON) it leaves to the form, and so does this."""
    words = dict(zip(LINKS, typed, strict=False))
    answer = one.type(key, revision, words)
    if answer.status_code != 200:
        assert any(kept(text) != text for text in typed), answer.text
        _by_form(one, key, revision, typed)


def _read(one: Patient, key: str) -> tuple[int, list[str]]:
    """The revision and the texts, as the page says them."""
    page = one.get(f"entry/{key}/all")
    revision = re.search(r'name="revision" value="(\d+)"', page.text)
    assert revision is not None
    raw = page.content.decode("utf-8")
    return int(revision[1]), [_unescaped(found) for found in _AREA.findall(raw)]


def _unescaped(shown: str) -> str:
    """What our own escaping took away, and nothing more: `html.unescape` would mend what a browser leaves."""
    for sign in ("<", ">", '"', "'"):
        shown = shown.replace(html.escape(sign), sign)
    return shown.replace("&#39;", "'").replace("&#34;", '"').replace("&amp;", "&")
