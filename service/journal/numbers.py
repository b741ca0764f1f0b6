"""Which number the next version of an entry gets, so that no number ever means two texts.

Within one generation of the database versions count on by one. A database that was put back to an older state has
forgotten numbers that others saw; what is made in the generation that begins then is numbered far ahead of them.
"""

AHEAD = 10_000  # more versions than anybody makes of one entry within a generation


def next_number(before: int, generation: int) -> int:
    """The number after `before` (0: there is none) in this generation, counted from 0.

    The first of a generation belongs to new entries: a number says by itself whether an entry begins with it.
    """
    floor = generation * AHEAD
    if before > floor:
        return before + 1
    return floor + (1 if before == 0 else 2)


def begins(number: int) -> bool:
    """Whether an entry begins with this number."""
    return number % AHEAD == 1
