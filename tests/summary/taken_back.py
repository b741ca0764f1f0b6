"""Taking answers back out of a rendition, as somebody would who has only what its own page says of codes and bars.

Knows nothing of how renditions are made: it is the judge of whether an answer can be recovered exactly.
"""

import re

_CODE = re.compile(r"\[U\+([0-9A-F]{4,6})\]")


def decoded(text: str) -> str:
    """The text with each code turned back into its character."""
    return _CODE.sub(lambda found: chr(int(found[1], 16)), text)


def typed(words: str) -> str:
    """What was typed, its lines ended in one way."""
    return words.replace("\r\n", "\n").replace("\r", "\n")


def answers_of_text(made: bytes) -> list[str]:
    """The answers of a plain text: the lines behind bars, run by run."""
    answers: list[list[str]] = []
    inside = False
    for line in made.decode("utf-8").split("\n"):
        barred = line.startswith("|")
        if barred and not inside:
            answers.append([])
        if barred:
            answers[-1].append(line[2:])
        inside = barred
    return [decoded("\n".join(lines)) for lines in answers]
