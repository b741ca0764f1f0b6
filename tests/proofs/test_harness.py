"""Claims about the harness: a bar that does not hold ends red, and so does a run in which nothing happened."""

from pathlib import Path

import pytest

from tests.proofs.figures import Figures, at_least, at_most, exactly
from tests.proofs.harness import main

FAKE = '''
"""Drops a coin and finds it again.

More words that are not listed.
"""
from tests.proofs.figures import Figures, exactly

DEFAULT_N, CI_N = 7, 2


def prove(n, seed, report):
    report(f"seed {{seed}}")
    return Figures(planned=n, injected={injected}, counted={{"lost": {lost}}}, bars={{"lost": exactly(0)}})
'''


def folder_with(path: Path, injected: str = "n", lost: int = 0) -> Path:
    (path / "coin_drop.py").write_text(FAKE.format(injected=injected, lost=lost).lstrip(), "utf-8")
    (path / "figures.py").write_text('"""No proof."""\n', "utf-8")
    return path


def test_a_proof_that_holds_ends_green_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["coin-drop"], folder_with(tmp_path)) == 0
    said = capsys.readouterr()
    assert said.out == "coin-drop injected=7 lost=0 seed=1 held=yes\n"
    assert said.err == "seed 1\n"


def test_n_and_seed_reach_the_proof(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coin-drop", "--n", "50", "--seed", "3"], folder_with(tmp_path)) == 0
    assert capsys.readouterr().out == "coin-drop injected=50 lost=0 seed=3 held=yes\n"


def test_a_bar_that_does_not_hold_ends_red(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["coin-drop"], folder_with(tmp_path, lost=1)) == 1
    said = capsys.readouterr()
    assert said.out.endswith("lost=1 seed=1 held=no\n")
    assert "lost must be 0, and is 1" in said.err


@pytest.mark.parametrize("injected", ["0", "n - 1"])
def test_a_run_without_its_faults_ends_red(tmp_path: Path, injected: str) -> None:
    """fault-matrix section 5: a proof line is valid only when the same run shows that the fault happened."""
    assert main(["coin-drop"], folder_with(tmp_path, injected=injected)) == 1


def test_without_a_name_the_proofs_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], folder_with(tmp_path)) == 0
    listed = capsys.readouterr().out
    assert "coin-drop            Drops a coin and finds it again." in listed
    assert "No proof" not in listed


def test_an_unknown_name_is_answered_with_the_known(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["coin-toss"], folder_with(tmp_path)) == 2
    assert "coin-drop" in capsys.readouterr().err


@pytest.mark.parametrize("times", ["0", "-1", "many"])
def test_a_number_of_times_is_at_least_one(tmp_path: Path, times: str) -> None:
    with pytest.raises(SystemExit):
        main(["coin-drop", "--n", times], folder_with(tmp_path))


def test_a_figure_reaches_its_bar_or_does_not() -> None:
    assert at_most(5).holds(5)
    assert not at_most(5).holds(5.1)
    assert at_least(5).holds(5)
    assert not at_least(5).holds(4)
    assert exactly("none").holds("none")
    assert not at_most(5).holds("4")


def test_a_figure_never_counted_reaches_nothing() -> None:
    figures = Figures(planned=1, injected=1, bars={"lost": exactly(0), "p99_ms": at_most(9)})
    assert len(figures.faults()) == 2


def test_a_run_that_planned_nothing_proves_nothing() -> None:
    figures = Figures(planned=0, injected=0, counted={"lost": 0}, bars={"lost": exactly(0)})
    assert figures.faults() == ("nothing was injected, so nothing was proved",)


def test_a_proof_without_a_bar_proves_nothing() -> None:
    assert Figures(planned=1, injected=1, counted={"lost": 0}).faults() != ()
