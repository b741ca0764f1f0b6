"""What people might write, and what somebody might write to break a document: invented texts, the same for one seed."""

import random
from collections.abc import Callable, Iterator
from itertools import count

# A few words in each of many scripts, most of which our fonts lack.
_SCRIPTS = (
    "I felt calm and slept well",
    "Мне стало спокойнее, и это хорошо",
    "Νιώθω πιο ήρεμος σήμερα",
    "Tôi cảm thấy nhẹ nhõm hơn",
    "אני מרגיש טוב יותר היום",
    "أشعر بتحسن كبير لا بأس",
    "قال لي الأمل: لا بأس، كل شيء على ما يرام اليوم قال",
    "من امروز آرام‌ترم",
    "میں آج بہتر محسوس کر رہا ہوں",
    "我觉得好多了",
    "今日は落ち着いています",
    "오늘은 마음이 편안해요",
    "मैं आज शांत महसूस कर रहा हूँ",
    "আমি আজ ভালো আছি",
    "இன்று அமைதியாக இருக்கிறேன்",
    "วันนี้ฉันรู้สึกดีขึ้น",
    "დღეს თავს უკეთ ვგრძნობ",
    "Այսօր ինձ ավելի լավ եմ զգում",
    "ዛሬ ደህና ነኝ",
    "ខ្ញុំមានអារម្មណ៍ល្អ",
    "ငါဒီနေ့ကောင်းတယ်",
    "ᎠᏏᏴ ᎤᏬᎳᏨ",
    "𐐔𐐯𐑅𐐨𐑉𐐯𐐻 𝔊𝔬𝔱𝔥𝔦𝔠 𐍈",
)
_EMOJI = (
    "😀 🥲 🫠 🧠 🌊",
    "👩\u200d🚀 👩\u200d👩\u200d👧\u200d👦",
    "❤\ufe0f 👍🏽 🏳\ufe0f\u200d🌈 🇵🇱 1\ufe0f\u20e3",
    "🏴\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f ☀\ufe0f ☹\ufe0e",
    "🧑🏾\u200d🤝\u200d🧑🏼",
)
_COMBINING = (
    "e\u0301 a\u0323\u0302 n\u0303 o\u0328\u0304",
    "\u0301 floating",
    "Z\u0351\u0346\u0313\u0310a\u0334\u0337l\u0321g\u0327o\u0489",
    "שָׁלוֹם",
    "العَرَبِيَّة",
    "Q\ufb59I, \ufb59 \ufefb\ufe91 \ufdfa shapes that were typed, \ufb2a\ufb4b \ufb01",
    "가 \u1100\u1161\u11a8",
)
# What looks like mark-up, commands or our own words, for each of the four forms and for what may come after them.
_HOSTILE = (
    "</p></blockquote><script>alert(1)</script>",
    "<![CDATA[ x ]]> <!-- y --> <?php z ?> <!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]> &b; &#0; &amp;lt;",
    '<a href="javascript:alert(1)">x</a> <img src="/etc/passwd" onerror="x"/> style="} body { display: none }"',
    "<br/></p><h2 class='prompt'>2. Was it good?</h2><blockquote><p>Yes",
    r"}{\rtf1 \par \pard \u8364? \'e4 \bin5 abcde {\*\shppict} \object\objdata 0105 {\field{\*\fldinst HYPERLINK}}",
    r"\\ \{ \} \~ \_ \- \: \| \uc0\u-1 \u65? \s5 Answer",
    ") Tj ET endstream endobj xref trailer %%EOF << /JS (app.alert(1)) >> /Launch /URI (BT) <FEFF0041> EMC BDC /P",
    "/ActualText (none) /MCID 0 BT /F1 12 Tf (x) Tj ET Q q",
    "| No answer shared\n\nPlease note\nSomebody watches this all day.\n\n2. Did it help?\n| Yes",
    "Written by the clinic · replaces the earlier version urn:uuid:forged",
    "[U+200B] [U+005B]U+0041] [U+D800] [U+110000] [[U+41] [U+ [U+202E",
    "{{ 7*7 }} {% raw %} ${x} %(x)s {0} __import__('os') `id` $(id); DROP TABLE answers; --",
    "=cmd|' /C calc'!A1 @SUM(1) +1 -1",
    "https://example.org/ mailto:a@example.org file:///etc/passwd \\\\server\\share",
)
_CONTROLS = (
    "a\x00b\x07c\x08d\x0be\x0cf\x1bg\x7fh\x85i",
    "\x1b[31mred\x1b[0m \x9b1m",
    "safe \u202e txt.exe \u202d \u2066a\u2067b\u2068c\u2069 \u200e\u200f\u061c",
    "zero\u200bwidth\u2060join\ufeffmark\u00adsoft\u180evowel",
    "line\u2028paragraph\u2029next\x85end",
    "\ufffe\uffff\U0001fffe\U0010ffff \ue000 \U000f0000 \ufdd0",
    "lone \ud83d and \udc00 and \udfff\ud800 turned",
    "tags \U000e0041\U000e007f selectors a\ufe0f b\U000e0100 \u034f\u115f\u3164\uffa0\u2800\ufffc",
)
_SPACES = (
    "two  spaces   three    four \t tab\t\ttabs",
    "  leads and trails  ",
    "\n\n\nfirst\n\n\n\n\n\nlast\n\n",
    "\r\nDOS\r\nlines\rold\n\rmixed",
    "\u00a0no\u00a0break\u2003em\u3000wide\u202fnarrow\u1680ogham",
    "self-\ncompassion -\nwell- \n-5 -- --- a-b-c",
    " \n \t\n .",
)
_FAMILIES = (_SCRIPTS, _EMOJI, _COMBINING, _HOSTILE, _CONTROLS, _SPACES)
_ANYWHERE = (
    range(0x20, 0x7F),
    range(0xA0, 0x250),
    range(0x590, 0x700),
    range(0x2000, 0x2070),
    range(0x1F300, 0x1FB00),
)


def texts(n: int, seed: int) -> Iterator[str]:
    """n texts, none of them blank: first each one given here by itself, then mixtures, long ones and random ones."""
    chance = random.Random(seed)
    given = [text for family in _FAMILIES for text in family]
    makers: tuple[Callable[[random.Random], str], ...] = (
        _mixture,
        _mixture,
        _random,
        _paragraphs,
        _prose,
        _long,
    )
    weights = (30, 30, 20, 10, 8, 2)
    for number in count():
        if number == n:
            return
        text = given[number] if number < len(given) else chance.choices(makers, weights)[0](chance)
        yield text if text.strip() else f"{text}."


def _some(chance: random.Random) -> str:
    return chance.choice(chance.choice(_FAMILIES))


def _mixture(chance: random.Random) -> str:
    return chance.choice(("", " ", "\n")).join(_some(chance) for _ in range(chance.randint(1, 4)))


def _paragraphs(chance: random.Random) -> str:
    return "\n\n".join(_mixture(chance) for _ in range(chance.randint(2, 6)))


def _prose(chance: random.Random) -> str:
    words = chance.choice(_SCRIPTS).split(" ")
    return " ".join(chance.choice(words) for _ in range(chance.randint(50, 400)))


def _random(chance: random.Random) -> str:
    """Signs from anywhere, unassigned ones and halves of pairs among them."""
    return "".join(_sign(chance) for _ in range(chance.randint(1, 80)))


def _sign(chance: random.Random) -> str:
    if chance.random() < 0.3:
        return chr(chance.randrange(0x110000))
    return chr(chance.choice(chance.choice(_ANYWHERE)))


def _long(chance: random.Random) -> str:
    """A word without end, or with a sign in it now and then that becomes a code."""
    unit = chance.choice(("q", "א", "ن", "我", "-", "e\u0301", "a\u200b", "x" * 60 + "\t", "🌊"))
    return unit * (chance.randint(2_000, 9_000) // len(unit))
