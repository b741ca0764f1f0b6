"""Every sign of an answer is found again in the PDF: as itself, or as its visible code (fault matrix F46)."""

import time
import unicodedata
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.summary.reading import READERS, code, missing, says, with_poppler
from tests.summary.samples import answered, render

readers = pytest.mark.parametrize("read", READERS.values(), ids=READERS.keys())

# What people write, in scripts our fonts have: these come back as themselves, not as codes.
THEMSELVES = {
    "plain": "I’m calmer – “much” calmer… £5 for ½ an hour, 20 °C, naïve café.",
    "cyrillic": "Мне стало спокойнее, и это хорошо. Ґанок, їжак.",
    "greek": "Νιώθω πιο ήρεμος. Ὁμηρικὸς ὕμνος.",
    "vietnamese": "Tôi cảm thấy nhẹ nhõm hơn, thật tuyệt vời.",
    "combining": "e\u0301 a\u0323\u0302 n\u0303 o\u0328\u0304 Z\u030c",
    "emoji": "😀 🥲 🫠 🧠 🌊 ☀ ☹ ★ ✓",
    "emoji sequences": "👩\u200d🚀 👩\u200d👩\u200d👧\u200d👦 ❤\ufe0f 👍🏽 🏳\ufe0f\u200d🌈 🇵🇱 1\ufe0f\u20e3",
    "two tones": "🧑🏾\u200d🤝\u200d🧑🏼",
    "mark-up": 'a<b and c>d & <img src="/etc/passwd"/> <a href="javascript:alert(1)">x</a> <para><font size="90">&#65;',
    "operators": "(BT) Tj ET endstream endobj %%EOF \\ \\) \\( << /JS (app.alert(1)) >> /Launch /URI",
    "braces": "{{ 7*7 }} {% raw %} ${x} %(x)s {0} __import__('os')",
    "hyphens": "self-\ncompassion -\nwell- \n-5 -- ---",
    "lists": "- one\n- two\n\t* three\n\n\n\n\n\n1) four",
    "hebrew": "שלום עולם",
}
# What nobody would see, or our fonts cannot show: these come back as codes.
AS_CODES = {
    "override": ("safe \u202e txt.exe", "\u202e"),
    "isolates": ("a\u2066b\u2067c\u2069", "\u2066\u2067\u2069"),
    "zero width": ("a\u200bb\u2060c\ufeffd\u200de", "\u200b\u2060\ufeff\u200d"),
    "soft hyphen": ("com\u00adpassion", "\u00ad"),
    "controls": ("a\x00b\x07c\x1bd\x7f\x85", "\x00\x07\x1b\x7f\x85"),
    "separators": ("a\u2028b\u2029c", "\u2028\u2029"),
    "tags": ("a\U000e0041\U000e007f", "\U000e0041\U000e007f"),
    "lone selector": ("a\ufe0f \ufe0f", "\ufe0f"),
    "lone surrogate": ("a\ud83db", "\ud83d"),
    "private": ("\ue000 \U000f0000", "\ue000\U000f0000"),
    "fillers": ("a\u3164b\u2800c\u034fd", "\u3164\u2800\u034f"),
    "floating mark": ("\u0301a \u0301", "\u0301"),
    "twice the mark": ("a\u0301\u0301", "\u0301"),
}
# What only our fonts lack: it stands as codes, and is copied as itself where a reader knows replacement texts.
ONLY_OURS_LACK = {
    "chinese": "我觉得好多了",
    "thai": "สวัสดีครับ",
    "devanagari": "मैं शांत हूँ",
    "japanese": "落ち着いた",
}
SCRIPTS = (
    st.characters(exclude_categories=("Cs",)),
    st.characters(max_codepoint=0x24F),
    st.characters(min_codepoint=0x300, max_codepoint=0x36F),
    st.characters(min_codepoint=0x590, max_codepoint=0x6FF),
    st.characters(min_codepoint=0x1F300, max_codepoint=0x1FAFF),
    st.sampled_from("\u200d\ufe0f\u202e\u00ad \n\t-<&>()\\🏽👩🇵"),
)
# Signs that turn around among writing from right to left; pypdf passes over what says how they were typed.
TURNING = dict.fromkeys(map(ord, "()[]{}<>«»‹›≤≥≪≫⁅⁆⁽⁾₍₎"))
TEXTS = st.lists(st.one_of(*SCRIPTS), max_size=120).map("".join)


def goes_right_to_left(text: str) -> bool:
    return any(
        unicodedata.bidirectional(sign) in ("R", "AL", "AN") or "\u0590" <= sign <= "\u08ff" for sign in text
    )


def piles_marks(text: str) -> bool:
    kinds = [unicodedata.category(sign) for sign in text]
    return any(one in ("Mn", "Me") and next_one in ("Mn", "Me") for one, next_one in pairwise(kinds))


@readers
@pytest.mark.parametrize("words", THEMSELVES.values(), ids=THEMSELVES.keys())
def test_what_people_write_comes_back_as_itself(words: str, read: Callable[[bytes], str]) -> None:
    text = read(render(answered(words)))
    assert says(text, words)
    assert "U+" not in text


@readers
@pytest.mark.parametrize(("words", "hidden"), AS_CODES.values(), ids=AS_CODES.keys())
def test_what_nobody_would_see_stands_as_its_code(
    words: str, hidden: str, read: Callable[[bytes], str]
) -> None:
    text = read(render(answered(words)))
    assert says(text, words)
    assert [sign for sign in hidden if code(sign).replace("\\", "") not in text] == []
    assert "stands as its code" in " ".join(text.split())


@readers
@pytest.mark.parametrize("words", ONLY_OURS_LACK.values(), ids=ONLY_OURS_LACK.keys())
def test_what_only_our_fonts_lack_is_copied_as_itself(words: str, read: Callable[[bytes], str]) -> None:
    text = read(render(answered(words)))
    assert says(text, words)
    assert "stands as its code" in " ".join(text.split())
    if read is with_poppler:
        assert "".join(words.split()) in "".join(text.split())


@settings(max_examples=150)
@given(words=TEXTS)
def test_every_sign_comes_back(words: str) -> None:
    """In order too, but for writing from right to left and marks upon marks, whose order each reader guesses."""
    pdf = render(answered(f"X{words}Z"))
    for read in READERS.values():
        text = read(pdf)
        assert not missing(text, words if read is with_poppler else words.translate(TURNING))
        assert goes_right_to_left(words) or piles_marks(words) or says(text, f"X{words}Z")


@readers
def test_right_to_left_writing_comes_back_whole(read: Callable[[bytes], str]) -> None:
    text = read(render(answered("אני מרגיש טוב (באמת) מאז 12:30, العربية لا ١٢٣")))
    assert not missing(text, "אני מרגיש טוב (באמת) מאז 12:30, العربية لا ١٢٣")
    assert "vowel points" not in text


@readers
@pytest.mark.parametrize("words", ["שָׁלוֹם", "العَرَبِيَّة"])
def test_vowel_points_say_that_they_may_stand_beside(words: str, read: Callable[[bytes], str]) -> None:
    assert "vowel points" in " ".join(read(render(answered(words))).split())
    assert "vowel points" not in read(render(answered("left to right e\u0301")))


@pytest.mark.parametrize(
    "words",
    ["a" * 200_000, "word " * 40_000, "-" * 200_000, "a\u0301\u0300\u0302" * 50_000, "\n" * 200_000 + "x"],
)
def test_two_hundred_thousand_signs_take_bounded_time(words: str) -> None:
    started = time.process_time()
    pdf = render(answered(words))
    assert time.process_time() - started < 15
    assert pdf.startswith(b"%PDF-")


def test_a_word_without_end_is_there_whole() -> None:
    text = READERS["pypdf"](render(answered("q" * 20_000)))
    assert 20_000 <= text.count("q") < 20_100
