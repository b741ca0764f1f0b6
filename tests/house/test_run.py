"""Claims about run.py: a whole environment or none, no waiting twice, one sentence for what only a person can do."""

import ast
import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import run
from tests.rules.sources import ROOT


def wheel(folder: Path, name: str = "coin") -> str:
    """Write the smallest wheel pip takes, with one script; its sha256."""
    files = {
        f"{name}.py": "WORTH = 5\ndef main(): print(WORTH)\n",
        f"{name}-1.0.dist-info/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{name}-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{name}-1.0.dist-info/entry_points.txt": f"[console_scripts]\n{name} = {name}:main\n",
    }
    record = [f"{path},sha256={_digest(text)},{len(text)}" for path, text in files.items()]
    files[f"{name}-1.0.dist-info/RECORD"] = "\n".join([*record, f"{name}-1.0.dist-info/RECORD,,", ""])
    path = folder / f"{name}-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for inner, text in files.items():
            archive.writestr(inner, text)
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()


def house(folder: Path, digest: str) -> Path:
    """A checkout that needs one library."""
    (folder / "requirements").mkdir(parents=True)
    (folder / "requirements" / "run.txt").write_text(f"coin==1.0 --hash=sha256:{digest}\n", "utf-8")
    (folder / "ours.py").write_text("HERE = True\n", "utf-8")
    return folder


@pytest.fixture(autouse=True)
def closed_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """pip finds what lies in the folder `wheels`, and nothing anywhere else."""
    (tmp_path / "wheels").mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)


def never(*_: object) -> None:
    raise AssertionError("this was not to happen")


def test_an_environment_is_whole_and_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = house(tmp_path / "house", wheel(tmp_path / "wheels"))
    python = run.environment(root, "run")
    assert python == root / ".venv-run" / "bin" / "python"
    asked = [str(python), "-c", "import coin, ours; print(coin.WORTH, ours.HERE)"]
    assert subprocess.run(asked, cwd="/", capture_output=True, text=True, check=True).stdout == "5 True\n"
    script = [str(root / ".venv-run" / "bin" / "coin")]
    assert subprocess.run(script, capture_output=True, text=True, check=True).stdout == "5\n"
    assert sorted(path.name for path in root.iterdir()) == [".venv-run", "ours.py", "requirements"]
    monkeypatch.setattr(run, "build", never)
    monkeypatch.setattr(run, "check_ensurepip", never)
    assert run.environment(root, "run") == python


def test_half_an_environment_is_replaced(tmp_path: Path) -> None:
    """What a killed run or a Debian without python3-venv leaves: a python that starts and has nothing."""
    root = house(tmp_path / "house", wheel(tmp_path / "wheels"))
    half = root / ".venv-run"
    left = [root / ".venv-run-unfinished-1", root / ".venv-run-unfinished-2"]
    for folder in left:
        folder.mkdir()
    os.utime(left[0], (0, 0))
    (half / "bin").mkdir(parents=True)
    (half / "bin" / "python").symlink_to(sys.executable)
    asked = [str(run.environment(root, "run")), "-c", "import coin"]
    assert subprocess.run(asked, check=False).returncode == 0
    assert [folder.exists() for folder in left] == [False, True]


def test_another_lock_place_or_python_is_another_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = house(tmp_path / "a", "00") / "requirements" / "run.txt"
    stamps = [run.stamp(tmp_path / "a", lock), run.stamp(tmp_path / "b", lock)]
    lock.write_text("other\n", "utf-8")
    stamps.append(run.stamp(tmp_path / "a", lock))
    monkeypatch.setattr(sys, "executable", "/bin/sh")
    stamps.append(run.stamp(tmp_path / "a", lock))
    assert len(set(stamps)) == 4


def test_a_file_that_is_not_the_locked_one_is_never_installed(tmp_path: Path) -> None:
    wheel(tmp_path / "wheels")
    root = house(tmp_path / "house", "0" * 64)
    with pytest.raises(run.Trouble, match="is not the one that was locked"):
        run.environment(root, "run")
    assert sorted(path.name for path in root.iterdir()) == ["ours.py", "requirements"]


def test_a_library_locked_without_a_hash_is_never_installed(tmp_path: Path) -> None:
    wheel(tmp_path / "wheels")
    root = house(tmp_path / "house", "00")
    (root / "requirements" / "run.txt").write_text("coin==1.0\n", "utf-8")
    with pytest.raises(run.Trouble):
        run.environment(root, "run")
    assert sorted(path.name for path in root.iterdir()) == ["ours.py", "requirements"]


def test_without_a_network_one_sentence_says_so_and_nothing_is_left(tmp_path: Path) -> None:
    root = house(tmp_path / "house", "0" * 64)
    shutil.copy(ROOT / "run.py", root / "run.py")
    ran = subprocess.run(
        [sys.executable, "run.py", "demo"], cwd=root, capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert len(ran.stderr.splitlines()) == 1
    assert "check that this machine reaches a Python package index" in ran.stderr
    assert sorted(path.name for path in root.iterdir()) == ["ours.py", "requirements", "run.py"]


def test_a_folder_nobody_may_write_to_is_named(tmp_path: Path) -> None:
    """/proc takes no folders, not even root's."""
    lock = house(tmp_path / "house", "00") / "requirements" / "run.txt"
    with pytest.raises(run.Trouble, match=r"^/proc cannot be written \(.+\): copy the project"):
        run.build(Path("/proc"), Path("/proc/.venv-run"), lock, "stamp")


def test_a_python_without_ensurepip_is_told_what_to_install(tmp_path: Path) -> None:
    python = tmp_path / "python3"
    python.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    python.chmod(0o755)
    with pytest.raises(run.Trouble, match="apt-get install python3-venv"):
        run.check_ensurepip(str(python))


def test_an_old_python_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(run.Trouble, match=r"^Python 3\.8 is too old: install Python 3\.11 or newer"):
        run.check_python((3, 8), ["demo"])


def test_an_old_python_hands_on_to_a_newer_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A name on the path that doesn't start, as a shim may, is passed over."""
    (tmp_path / "python3.11").write_text("#!/bin/sh\nexit 127\n", "utf-8")
    (tmp_path / "python3.11").chmod(0o755)
    (tmp_path / "python3.12").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", str(tmp_path))
    handed_on: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda path, command: handed_on.append(command))
    run.check_python((3, 9), ["demo"])
    assert handed_on == [[str(tmp_path / "python3.12"), str(ROOT / "run.py"), "demo"]]


def test_an_old_python_can_read_it() -> None:
    tree = ast.parse((ROOT / "run.py").read_text("utf-8"), feature_version=(3, 8))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names
    }
    assert imported <= set(sys.stdlib_module_names) | {"__future__"}


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """What the command would have turned into: the environment's name, then the arguments of its Python."""
    seen: list[tuple[str, ...]] = []

    def become(python: Path, *arguments: str) -> int:
        seen.append((str(python), *arguments))
        return 0

    def environment(root: Path, name: str) -> Path:
        return Path(name)

    monkeypatch.setattr(run, "become", become)
    monkeypatch.setattr(run, "environment", environment)
    for name in ("PORT", "FOLDER", "P", "N", "SEED", "PYTEST_ARGS"):
        monkeypatch.delenv(name, raising=False)
    return seen


@pytest.mark.parametrize(
    ("command", "given", "becomes"),
    [
        ("demo", {}, "run -m service.cli demo"),
        ("demo", {"PORT": "8090"}, "run -m service.cli demo --port 8090"),
        ("demo", {"PORT": "", "FOLDER": "/d"}, "run -m service.cli demo --folder /d"),
        ("demo-check", {}, "run -m service.cli demo-check"),
        ("prove", {}, "develop -m tests.proofs"),
        (
            "prove",
            {"P": "crash-loop", "N": "50", "SEED": "1"},
            "develop -m tests.proofs crash-loop --n 50 --seed 1",
        ),
        ("types", {}, "develop -m mypy"),
    ],
)
def test_what_was_added_reaches_the_command(
    became: list[tuple[str, ...]],
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    given: dict[str, str],
    becomes: str,
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert run.main([command]) == 0
    assert [" ".join(one) for one in became] == [becomes]


def test_pytest_arguments_are_split_as_a_shell_would(
    became: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_ARGS", "-n 0 -k 'two words'")
    assert run.main(["test"]) == 0
    assert became[0][-4:] == ("-n", "0", "-k", "two words")


@pytest.mark.parametrize("arguments", [[], ["dmeo"], ["demo", "more"]])
def test_what_it_doesn_t_know_it_answers_with_what_it_knows(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run.main(arguments) == 2
    assert "demo|demo-check|test" in capsys.readouterr().err


def test_make_hands_on_what_was_added(tmp_path: Path) -> None:
    """`make demo PORT=8090`: the variable is in run.py's environment."""
    shutil.copy(ROOT / "Makefile", tmp_path / "Makefile")
    (tmp_path / "run.py").write_text("import os, sys; print(sys.argv[1:], os.environ.get('PORT'))", "utf-8")
    # Where `make test` runs us, this make isn't to believe that it is a part of that one.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    asked = ["make", "demo", "PORT=8090", f"PYTHON={sys.executable}"]
    ran = subprocess.run(asked, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout == "['demo'] 8090\n"


def test_clean_leaves_the_demo_s_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (".venv-run", ".venv", ".demo", ".mypy_cache", "service"):
        (tmp_path / name).mkdir()
    monkeypatch.setattr(run, "ROOT", tmp_path)
    assert run.main(["clean"]) == 0
    assert {path.name for path in tmp_path.iterdir()} - {"wheels"} == {".demo", ".venv", "service"}
