"""A number is given out once, whatever was forgotten in between."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.journal.numbers import AHEAD, begins, next_number


@pytest.mark.parametrize(
    ("before", "generation", "number"),
    [
        (0, 0, 1),
        (1, 0, 2),
        (7, 0, 8),
        (0, 1, AHEAD + 1),
        (1, 1, AHEAD + 2),
        (7, 1, AHEAD + 2),
        (AHEAD + 1, 1, AHEAD + 2),
        (AHEAD + 2, 1, AHEAD + 3),
        (AHEAD + 3, 3, 3 * AHEAD + 2),
    ],
)
def test_the_next_number(before: int, generation: int, number: int) -> None:
    assert next_number(before, generation) == number


@pytest.mark.parametrize("number", [1, AHEAD + 1])
def test_an_entry_begins_with_these_alone(number: int) -> None:
    assert begins(number)
    assert not begins(number + 1)


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 30)), max_size=6))
def test_no_number_is_given_out_twice(lives: list[tuple[int, int]]) -> None:
    """In each life so many versions are made, and then some of the last ones are forgotten by a restore."""
    kept, given_out = [0], set()
    for generation, (made, forgotten) in enumerate(lives):
        for _ in range(made):
            number = next_number(kept[-1], generation)
            assert number not in given_out
            assert number > max(given_out, default=0)
            assert begins(number) == (kept[-1] == 0)
            given_out.add(number)
            kept.append(number)
        kept = kept[: max(1, len(kept) - forgotten)]
