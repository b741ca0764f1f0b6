"""The strangers' npm packages: installed once by `npm ci` into a folder outside the tree, and what is built of them."""

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

HERE = Path(__file__).parent
_MANIFEST = ("package.json", "package-lock.json", ".npmrc")
# Bundled packages of the older kind ask for Node's own parts by `require`, which a module lacks.
_REQUIRE = "import{createRequire}from'node:module';const require=createRequire(import.meta.url);"
_INSTALL_SECONDS, _BUILD_SECONDS = 600, 120


class ModulesMissing(RuntimeError):
    """The packages cannot be had or built here; the text says why."""


def modules(environment: Mapping[str, str] = os.environ) -> Path:
    """The folder node_modules, exactly as the lock file names it; ModulesMissing.

    STRANGERS_CACHE names the folder that keeps it between runs; otherwise it is one in the user's cache.
    """
    folder = cache(environment) / f"strangers-{_lock_digest()}"
    if not folder.is_dir():
        _install(folder)
    return folder / "node_modules"


def cache(environment: Mapping[str, str]) -> Path:
    """Where the packages are kept between runs."""
    if environment.get("STRANGERS_CACHE"):
        return Path(environment["STRANGERS_CACHE"])
    return Path(environment.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "infusion-journal"


def build(source: str, into: Path, *, platform: str) -> Path:
    """A script of this folder, bundled with the packages it imports; `platform` is esbuild's: node or browser."""
    found = modules()
    built = into / Path(source).with_suffix(".mjs" if platform == "node" else ".js").name
    command = ["node", str(found / "esbuild" / "bin" / "esbuild"), str(HERE / source), "--bundle"]
    command += [f"--outfile={built}", f"--platform={platform}", "--log-level=error", "--jsx=automatic"]
    command += [f"--loader:.{kind}=dataurl" for kind in ("woff", "woff2", "svg", "png")]
    if platform == "node":
        command += ["--format=esm", f"--banner:js={_REQUIRE}"]
    else:
        command += ["--format=iife", '--define:process.env.NODE_ENV="production"']
    _run(command, into, _BUILD_SECONDS, {"NODE_PATH": str(found)})
    return built


def _lock_digest() -> str:
    texts = b"".join((HERE / name).read_bytes() for name in _MANIFEST)
    return hashlib.sha256(texts).hexdigest()[:12]


def _install(folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="strangers-", dir=folder.parent) as name:
        fresh = Path(name) / "project"
        fresh.mkdir()
        for file in _MANIFEST:
            shutil.copy(HERE / file, fresh / file)
        _run(["npm", "ci", "--no-progress"], fresh, _INSTALL_SECONDS, {})
        try:
            fresh.rename(folder)
        except OSError:
            if not folder.is_dir():  # otherwise another run was quicker
                raise


def _run(command: list[str], where: Path, seconds: float, more: Mapping[str, str]) -> None:
    try:
        ran = subprocess.run(
            command,
            cwd=where,
            env={**os.environ, **more},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ModulesMissing(f"{Path(command[0]).name} did not end well: {type(error).__name__}") from error
    if ran.returncode != 0:
        raise ModulesMissing(f"{Path(command[0]).name} ended with {ran.returncode}: {ran.stderr[-1500:]}")
