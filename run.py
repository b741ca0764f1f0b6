#!/usr/bin/env python3
"""What `make` calls: builds a virtual environment from a hash lock once, then starts what was asked for in it.

It lives apart from the service because it runs before anything is installed: the standard library alone, in the
grammar of Python 3.8, so that an old Python still gets a sentence that says what to do instead of a traceback. What
a person adds on make's command line (PORT=8090) arrives as an environment variable, as make hands it on.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent
OLDEST = (3, 11)
STAMP = "infusion-journal.stamp"

REMADE = (".venv-*", ".mypy_cache", ".ruff_cache", ".import_linter_cache", ".hypothesis", "dist", "build")

DEVELOP = ["--extra", "postgres", "--group", "test", "--group", "check", "-c", "requirements/run.txt"]
LOCKS: tuple[tuple[str, list[str], str], ...] = (
    ("requirements/lock.in", [], "requirements/lock.txt"),
    ("pyproject.toml", [], "requirements/run.txt"),
    ("pyproject.toml", DEVELOP, "requirements/develop.txt"),
)


class Trouble(Exception):
    """Something only a person can change; the text is the one sentence they need."""


# --- the Python that runs this ---------------------------------------------------------------------------------


def check_python(version: tuple[int, ...], arguments: list[str]) -> None:
    """Go on under a newer Python where this machine has one; Trouble where it has none."""
    if tuple(version[:2]) >= OLDEST:
        return
    newer = newer_python(os.environ.get("PATH", ""))
    if newer is None:
        raise Trouble(
            f"Python {version[0]}.{version[1]} is too old: install Python {OLDEST[0]}.{OLDEST[1]} or newer "
            f"and name it, as in `make demo PYTHON=python{OLDEST[0]}.{OLDEST[1]}`."
        )
    sys.stdout.flush()
    os.execv(newer, [newer, str(ROOT / "run.py"), *arguments])


def newer_python(path: str) -> str | None:
    """The first Python on the search path that is new enough and really starts (a shim may not), or None."""
    for minor in range(OLDEST[1], OLDEST[1] + 8):
        found = shutil.which(f"python{OLDEST[0]}.{minor}", path=path)
        if found and quietly([found, "-c", f"import sys; sys.exit(sys.version_info < {OLDEST})"]) == 0:
            return found
    return None


def check_ensurepip(python: str) -> None:
    """Trouble where Python came without pip: `venv` would fail and leave half an environment that starts."""
    if quietly([python, "-c", "import ensurepip, venv"]) != 0:
        raise Trouble(
            "This Python cannot make virtual environments: "
            "on Debian or Ubuntu run `apt-get install python3-venv`, then try again."
        )


def quietly(command: list[str]) -> int:
    """The exit status of a command nobody needs to read."""
    return subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
    ).returncode


# --- virtual environments --------------------------------------------------------------------------------------


def environment(root: Path, name: str) -> Path:
    """The Python of the environment `.venv-<name>`, built from requirements/<name>.txt unless it stands ready."""
    folder, lock = root / f".venv-{name}", root / "requirements" / f"{name}.txt"
    wanted = stamp(root, lock)
    if stamp_of(folder) != wanted or not python_of(folder).exists():
        check_ensurepip(sys.executable)
        print(f"Installing the libraries of requirements/{name}.txt into {folder.name}, once …", flush=True)
        build(root, folder, lock, wanted)
    return python_of(folder)


def stamp(root: Path, lock: Path) -> str:
    """What an environment is made from: the lock, the Python and the place. Another of any means another one."""
    python = os.path.realpath(sys.executable)
    made_from = [
        lock.read_bytes(),
        str(sys.implementation.cache_tag).encode(),
        os.fsencode(python),
        bytes(root),
    ]
    return hashlib.sha256(b"\0".join(made_from)).hexdigest()


def stamp_of(folder: Path) -> str | None:
    """The stamp a finished environment carries; None for a half-made one and for one that is not ours."""
    try:
        return (folder / STAMP).read_text("utf-8")
    except OSError:
        return None


def python_of(folder: Path) -> Path:
    """The environment's own interpreter."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def build(root: Path, folder: Path, lock: Path, wanted: str) -> None:
    """Make the environment under a name of its own; it gets its name when it is whole, so nobody meets half of it."""
    unfinished = folder.with_name(f"{folder.name}-unfinished-{os.getpid()}")
    sweep(folder)
    try:
        make_venv(unfinished)
        install(python_of(unfinished), lock)
        point_at(root, python_of(unfinished))
        name_finally(unfinished, folder)
        (unfinished / STAMP).write_text(wanted, "utf-8")
        put_in_place(unfinished, folder, wanted)
    except OSError as error:
        raise Trouble(
            f"{root} cannot be written ({error.strerror or error}): "
            "copy the project to a folder of your own, or make room, and try again there."
        ) from error
    finally:
        shutil.rmtree(str(unfinished), ignore_errors=True)
    compile_all(folder)


def sweep(folder: Path) -> None:
    """Remove what killed runs left; what is younger than an hour may be another run at work."""
    for left in folder.parent.glob(f"{folder.name}-*-*"):
        if time.time() - left.stat().st_mtime > 3600:
            shutil.rmtree(str(left), ignore_errors=True)


def make_venv(folder: Path) -> None:
    """An empty environment with pip in it; OSError where the place cannot be written."""
    folder.mkdir()
    made = subprocess.run(
        [sys.executable, "-m", "venv", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    if made.returncode != 0:
        raise Trouble(
            f"Making a virtual environment failed ({last_line(made.stdout)}): "
            "check that this Python is complete and the disk has room, then try again."
        )


def install(python: Path, lock: Path) -> None:
    """Install exactly what the lock names, wheels only, every file checked against its hash."""
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--no-input", "--quiet", "--retries", "2"]
    asked = [*pip, "install", "--no-compile", "--require-hashes", "--only-binary", ":all:", "-r", str(lock)]
    done = subprocess.run(asked, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise Trouble(why_not_installed(done.stdout))


def why_not_installed(output: bytes) -> str:
    """One sentence from pip's output: a file that isn't the one we locked is no trouble of the network."""
    if b"DO NOT MATCH THE HASHES" in output:
        return (
            "A library's file is not the one that was locked: "
            "install nothing from this source until you know why it differs."
        )
    return (
        f"Installing the libraries failed (pip: {last_line(output)}): "
        "check that this machine reaches a Python package index, then try again."
    )


def last_line(output: bytes) -> str:
    """The last line that says something."""
    lines = [line.strip() for line in output.decode("utf-8", "replace").splitlines() if line.strip()]
    return lines[-1] if lines else "no reason given"


def point_at(root: Path, python: Path) -> None:
    """Let the environment import the checkout from any working folder: an editable install cannot be hashed."""
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    site = subprocess.run(asked, stdout=subprocess.PIPE, check=True).stdout.decode("utf-8").strip()
    Path(site, "infusion-journal.pth").write_text(f"{root}\n", "utf-8")


def name_finally(unfinished: Path, folder: Path) -> None:
    """Give the scripts in bin/ the folder's final name; venv and pip wrote the one they were made under."""
    before, after = bytes(unfinished), bytes(folder)
    for script in python_of(unfinished).parent.iterdir():
        if script.is_symlink() or not script.is_file():
            continue
        content = script.read_bytes()
        if before in content and b"\0" not in content:
            script.write_bytes(content.replace(before, after))


def put_in_place(unfinished: Path, folder: Path, wanted: str) -> None:
    """Swap the finished environment in; where another run was quicker with the same one, keep that."""
    if stamp_of(folder) == wanted and python_of(folder).exists():
        return
    if folder.exists():
        outdated = folder.with_name(f"{folder.name}-outdated-{os.getpid()}")
        folder.rename(outdated)
        shutil.rmtree(str(outdated), ignore_errors=True)
    unfinished.rename(folder)


def compile_all(folder: Path) -> None:
    """Compile every library now, on all cores, so that the first start is as quick as the second."""
    quietly([str(python_of(folder)), "-m", "compileall", "-qq", "-j", "0", str(folder)])


# --- what can be asked for -------------------------------------------------------------------------------------


def become(python: Path, *arguments: str) -> int:
    """Turn this process into the environment's Python, so that signals and the exit status are its own."""
    command = [str(python), *arguments]
    os.chdir(str(ROOT))
    sys.stdout.flush()
    if os.name == "nt":
        return subprocess.run(command, check=False).returncode
    return os.execv(command[0], command)


def demo() -> int:
    """Start the service with its sandbox record system and print where to click."""
    options = given("--port", "PORT")
    if os.environ.get("FOLDER"):
        options += ["--folder", str(Path(os.environ["FOLDER"]).resolve())]
    options += given("--imitate", "IMITATE")
    return become(environment(ROOT, "run"), "-m", "service.cli", "demo", *options)


def demo_check() -> int:
    """Walk one journal entry through the demo, from launch to the filed summary, and end."""
    return become(environment(ROOT, "run"), "-m", "service.cli", "demo-check")


def test() -> int:
    """Run the tests in as many processes as there are cores, four at most; PYTEST_ARGS comes last and wins."""
    workers = str(max(2, min(4, os.cpu_count() or 2)))
    added = shlex.split(os.environ.get("PYTEST_ARGS", ""))
    options = ["-n", workers, "--dist", "worksteal", *added]
    return become(environment(ROOT, "develop"), "-m", "pytest", *options)


def prove() -> int:
    """Run one proof, or list them."""
    proof = [os.environ["P"]] if os.environ.get("P") else []
    options = [*proof, *given("--n", "N"), *given("--seed", "SEED")]
    return become(environment(ROOT, "develop"), "-m", "tests.proofs", *options)


def lint() -> int:
    """Check style, then format."""
    python = environment(ROOT, "develop")
    subprocess.run([str(python), "-m", "ruff", "check"], cwd=str(ROOT), check=True)
    return become(python, "-m", "ruff", "format", "--check")


def types() -> int:
    """Check the types of service/."""
    return become(environment(ROOT, "develop"), "-m", "mypy")


def contracts() -> int:
    """Check who imports whom."""
    enter = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    return become(environment(ROOT, "develop"), "-c", enter)


def lock() -> int:
    """Write the lock files anew from pyproject.toml; UPGRADE takes the newest versions its ranges allow."""
    uv = [str(environment(ROOT, "lock")), "-m", "uv", "pip", "compile", "--quiet", "--universal"]
    uv += ["--python-version", "3.11", "--generate-hashes", "--no-header"]
    uv += ["--upgrade"] if os.environ.get("UPGRADE") else []
    for source, options, target in LOCKS:
        asked = [*uv, source, *options, "-o", target]
        subprocess.run(asked, cwd=str(ROOT), stdout=subprocess.DEVNULL, check=True)
    return 0


def clean() -> int:
    """Remove what can be made again. The demo's folder stays: somebody wrote in it."""
    for pattern in REMADE:
        for folder in ROOT.glob(pattern):
            shutil.rmtree(str(folder), ignore_errors=True)
    return 0


def given(option: str, variable: str) -> list[str]:
    """The option with the variable's value, where it has one."""
    value = os.environ.get(variable)
    return [option, value] if value else []


COMMANDS = {
    "demo": demo,
    "demo-check": demo_check,
    "test": test,
    "prove": prove,
    "lint": lint,
    "types": types,
    "contracts": contracts,
    "lock": lock,
    "clean": clean,
}


def main(arguments: list[str]) -> int:
    """Do what was asked; the exit status."""
    if len(arguments) != 1 or arguments[0] not in COMMANDS:
        print("usage: run.py " + "|".join(COMMANDS), file=sys.stderr)
        return 2
    try:
        check_python(sys.version_info[:2], arguments)
        return COMMANDS[arguments[0]]()
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as failed:
        return failed.returncode
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
