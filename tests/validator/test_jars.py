"""Claims about the validator's jars: they are those that are named with their hash, or they are not used."""

from hashlib import sha256
from pathlib import Path

import pytest

from tests.validator.jars import HASHES, JarsMissing, cache, classpath, differences


def digest(content: bytes) -> str:
    return sha256(content).hexdigest()


def test_a_jar_that_is_changed_missing_or_too_many_is_named(tmp_path: Path) -> None:
    for name in ("fine", "changed", "extra"):
        (tmp_path / f"{name}.jar").write_bytes(name.encode())
    named = f"{digest(b'fine')}  fine.jar\n{digest(b'else')}  changed.jar\n{digest(b'gone')}  gone.jar\n"
    assert differences(tmp_path, named) == ["changed.jar", "extra.jar", "gone.jar"]


def test_a_folder_with_other_jars_is_refused(tmp_path: Path) -> None:
    name = f"validator-{digest(HASHES.read_bytes())[:12]}"
    (tmp_path / name).mkdir()
    (tmp_path / name / "gson-2.12.0.jar").write_bytes(b"another hand's")
    with pytest.raises(JarsMissing, match=r"is not what jars\.sha256 names"):
        classpath({"VALIDATOR_CACHE": str(tmp_path)})


def test_the_folder_is_the_one_that_was_said() -> None:
    assert cache({"VALIDATOR_CACHE": "here", "XDG_CACHE_HOME": "there"}) == Path("here")
    assert cache({"XDG_CACHE_HOME": "there"}) == Path("there/infusion-journal")
