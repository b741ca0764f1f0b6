"""Every situation of situations.toml is answered as a clinic answers it; and the table is read as it is written."""

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.journal.situations import POINTS, Situation, differences, situations

TABLE = situations()
WRONG = """
["wrong"]
question = "A visit, and an answer that is not right."
rule = ["7.status"]
visits = ["a finished 11-02 10:00-11:00"]
expected.infusions = ["a 2 set=2 ready"]
"""


@pytest.mark.parametrize("situation", TABLE, ids=lambda one: one.name)
@pytest.mark.parametrize("seed", [None, 1, 2])
def test_the_rules_answer_as_the_clinic_does(situation: Situation, seed: int | None) -> None:
    chance = random.Random(seed) if seed is not None else None

    assert differences(situation, chance) == [], situation.question


@pytest.mark.parametrize("point", POINTS)
def test_every_point_of_the_rules_has_a_situation(point: str) -> None:
    assert [one.name for one in TABLE if point in one.points] != []


def test_every_situation_names_the_points_it_is_about_and_asks_something() -> None:
    assert [one.name for one in TABLE if not one.points or not one.question.strip()] == []


def test_a_wrong_answer_is_told_in_the_words_of_the_table(tmp_path: Path) -> None:
    (tmp_path / "wrong.toml").write_text(WRONG)

    (wrong,) = situations(tmp_path / "wrong.toml")

    assert differences(wrong) == [
        "infusions: the clinic says a 2 set=2 ready; the rules say a 1 set=1 ready",
    ]


def test_what_an_answer_does_not_name_must_not_be_there() -> None:
    open_question = next(one for one in TABLE if one.name == "no start")
    silent = {name: said for name, said in open_question.expected.items() if name == "infusions"}

    told = differences(replace(open_question, expected=silent))

    assert [line.partition(":")[0] for line in told] == ["doubts", "worklist"]


@pytest.mark.parametrize(
    "changed",
    [
        WRONG.replace("visits", "visit"),
        WRONG.replace("7.status", "7.sstatus"),
        WRONG.replace("expected.infusions", "expected.infusion"),
    ],
)
def test_a_word_that_the_table_does_not_know_is_no_silent_success(tmp_path: Path, changed: str) -> None:
    (tmp_path / "wrong.toml").write_text(changed)

    with pytest.raises(ValueError, match="wrong: "):
        situations(tmp_path / "wrong.toml")


@pytest.mark.parametrize(
    "line",
    ["a finished", "a finished soon", "a finished 11-02 10:00-11:00 colour=red", "a finished 02.11. 10:00"],
)
def test_a_visit_that_is_not_understood_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "wrong.toml").write_text(WRONG.replace("a finished 11-02 10:00-11:00", line))

    with pytest.raises(ValueError, match=line.partition(" ")[0]):
        differences(situations(tmp_path / "wrong.toml")[0])
