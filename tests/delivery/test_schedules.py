"""Whole schedules: those that once found something are right now, and a schedule is the same each time it is run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.beside import Beside
from tests.delivery.house import House, house, make_template
from tests.delivery.schedule import Ended, Schedule
from tests.delivery.seeds import SEEDS, SEEDS_BESIDE


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("schedules") / "template"
    folder.mkdir()
    make_template(folder)
    return folder


@pytest.fixture
def home(template: Path, tmp_path: Path) -> Iterator[House]:
    with house(template, tmp_path / "house") as made:
        yield made


@pytest.mark.parametrize(("seed", "number"), SEEDS)
def test_what_a_schedule_once_found_is_mended(home: House, seed: int, number: int) -> None:
    assert Schedule(home, seed, number, Beside()).run().verdict.said == []


@pytest.mark.parametrize(("seed", "number"), SEEDS_BESIDE)
def test_what_merges_and_responses_once_found_is_mended(home: House, seed: int, number: int) -> None:
    assert Schedule(home, seed, number).run().verdict.said == []


def test_a_schedule_goes_the_same_way_each_time(template: Path, tmp_path: Path) -> None:
    """In another house, after others or first: the seed and the number alone decide."""

    def ways(folder: str, numbers: tuple[int, ...]) -> dict[int, Ended]:
        with house(template, tmp_path / folder) as made:
            return {number: Schedule(made, 5, number).run() for number in numbers}

    there, back = ways("there", (2, 3, 4)), ways("back", (4, 3, 2))

    assert {n: one.trace for n, one in there.items()} == {n: one.trace for n, one in back.items()}
    assert any("K8" in line for line in there[2].trace)


def test_each_schedule_meets_a_fault(home: House) -> None:
    assert all(Schedule(home, 6, number).run().injected for number in range(8))
