"""A validator's jars: fetched by Maven once into a folder outside the tree, and checked against their hashes."""

import hashlib
import os
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent
HASHES = HERE / "jars.sha256"
# Named here with its version: without one, Maven asks which is the newest.
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_SECONDS = 900


class JarsMissing(RuntimeError):
    """The validator cannot be had here; the text says why and what to do."""


def classpath(environment: Mapping[str, str] = os.environ, asked_by: Path = HERE) -> str:
    """Java's class path to the jars, which are fetched first where they are not there; JarsMissing.

    `asked_by` is the folder with pom.xml and jars.sha256. VALIDATOR_CACHE names the folder the jars are kept in;
    otherwise it is one in the user's cache.
    """
    hashes = asked_by / HASHES.name
    folder = cache(environment) / f"{asked_by.name}-{hashlib.sha256(hashes.read_bytes()).hexdigest()[:12]}"
    if not folder.is_dir():
        _fetch(folder, asked_by / "pom.xml")
    wrong = differences(folder, hashes.read_text("utf-8"))
    if wrong:
        raise JarsMissing(f"{folder} is not what {hashes.name} names: {', '.join(wrong[:5])}")
    return str(folder / "*")


def cache(environment: Mapping[str, str]) -> Path:
    """Where the jars are kept between runs."""
    if environment.get("VALIDATOR_CACHE"):
        return Path(environment["VALIDATOR_CACHE"])
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "infusion-journal"


def differences(folder: Path, named: str) -> list[str]:
    """What differs between the jars of a folder and the lines "sha256  name" that name them; none where all is well."""
    wanted = {name: digest for digest, name in (line.split() for line in named.splitlines())}
    there = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.jar")}
    unlike = {name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name)}
    return sorted(unlike)


def _fetch(folder: Path, pom: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"{folder.name}-", dir=folder.parent) as name:
        fetched = Path(name) / "jars"
        command = ["mvn", "--batch-mode", "--no-transfer-progress", "--file", str(pom), COPY]
        command += [f"-DoutputDirectory={fetched}", "-DincludeScope=runtime"]
        try:
            ran = subprocess.run(
                command, cwd=name, capture_output=True, text=True, timeout=_SECONDS, check=False
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise JarsMissing(f"Maven did not bring the validator: {type(error).__name__}") from error
        if ran.returncode != 0:
            raise JarsMissing(f"Maven did not bring the validator: {_why(ran.stdout)}")
        try:
            fetched.rename(folder)
        except OSError:
            if not folder.is_dir():  # otherwise another run was quicker
                raise


def _why(said: str) -> str:
    errors = [line for line in said.splitlines() if line.startswith("[ERROR]")]
    return errors[0] if errors else "no reason given"
