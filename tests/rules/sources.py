"""How the tests about the house read it: the files it consists of, and the names a Python file uses."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]

# What a checkout gathers beside its own files, where no git says so.
_NOT_OURS = (".git", ".demo", "__pycache__", "node_modules", "dist", "build")


def house_files(root: Path = ROOT) -> tuple[Path, ...]:
    """Every file that is committed or would be, relative to the root."""
    asked = ["git", "-C", str(root), "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(asked, capture_output=True, check=False)
    if listed.returncode != 0:
        return tuple(path for path in _walk(root) if path.name != ".git")
    names = {Path(name) for name in listed.stdout.decode("utf-8").split("\0") if name}
    return tuple(sorted(path for path in names if (root / path).is_file()))


def _walk(root: Path) -> Iterator[Path]:
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if path.is_file() and not any(part in _NOT_OURS or part.startswith(".venv") for part in parts):
            yield path.relative_to(root)


def python_files(under: str = "service") -> dict[str, str]:
    """The text of every Python file under a folder of the house, by its path with slashes."""
    return {
        path.as_posix(): (ROOT / path).read_text("utf-8")
        for path in house_files()
        if path.suffix == ".py" and path.parts[0] == under
    }


def text_files() -> dict[str, str]:
    """The text of every file of the house that is text."""
    texts = {}
    for path in house_files():
        content = (ROOT / path).read_bytes()
        if b"\0" not in content[:8192]:
            texts[path.as_posix()] = content.decode("utf-8", "replace")
    return texts


def names_used(source: str) -> Iterator[tuple[str, int]]:
    """Every dotted name a file uses, as its origin calls it, with its line: `from time import time as now; now()`
    gives `time.time`, whether it is called or handed on."""
    tree = ast.parse(source)
    origins = dict(_imported(tree))
    inner = {node.value for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name) and node not in inner:
            dotted = _dotted(node)
            first, _, rest = dotted.partition(".")
            if first in origins:
                yield origins[first] + ("." + rest if rest else ""), node.lineno


def modules_imported(source: str) -> Iterator[tuple[str, int]]:
    """Every module a file imports, anywhere in it; for `from a import b` that is `a.b`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def _imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name.partition(".")[0],) * 2
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else "?"
