"""Every planted bug still fits its file: where its text is gone, the rule it was about may be gone as well."""

from pathlib import Path

import pytest

from tests.proofs.plants_read import PLANTS, Plant, planted, plants
from tests.rules.sources import ROOT

_FOLDERS = (PLANTS, *(one for one in PLANTS.iterdir() if one.is_dir()))


def known(folders: tuple[Path, ...]) -> list[Plant]:
    return [plant for folder in folders for plant in plants(folder)]


@pytest.mark.parametrize("plant", known(_FOLDERS), ids=lambda plant: plant.name)
def test_it_can_be_planted(plant: Plant) -> None:
    source = (ROOT / plant.file).read_text("utf-8")
    assert planted(source, plant) != source
