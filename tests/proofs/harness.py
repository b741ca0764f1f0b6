"""Finds the proofs of a folder, runs the one asked for and says whether its bar held."""

import argparse
import ast
import importlib.util
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from tests.proofs.figures import Figures

HERE = Path(__file__).parent
Report = Callable[[str], None]


class NoSuchProof(LookupError):
    """There is no proof of this name; the text lists those there are."""


@dataclass(frozen=True, slots=True)
class Proof:
    """One proof before it is run: `crash-loop` lies in crash_loop.py. `needs` are the markers of its real parts."""

    name: str
    says: str
    path: Path
    needs: tuple[str, ...] = ()


def proofs(folder: Path = HERE) -> tuple[Proof, ...]:
    """The proofs of a folder by name: its modules with a function `prove`. Nothing is imported for this."""
    found = ((path, ast.parse(path.read_text("utf-8"))) for path in sorted(folder.glob("*.py")))
    return tuple(
        Proof(
            path.stem.replace("_", "-"),
            (ast.get_docstring(tree) or "").partition("\n")[0],
            path,
            _needs(tree),
        )
        for path, tree in found
        if any(isinstance(node, ast.FunctionDef) and node.name == "prove" for node in tree.body)
    )


def _needs(tree: ast.Module) -> tuple[str, ...]:
    """The constant NEEDS of a proof's module, as it is written there."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "NEEDS":
            return tuple(ast.literal_eval(node.value))
    return ()


def proof(name: str, folder: Path = HERE) -> Proof:
    """The proof of this name; NoSuchProof where there is none."""
    known = {found.name: found for found in proofs(folder)}
    if name not in known:
        raise NoSuchProof(f"there is no proof {name}; there are: {', '.join(known) or 'none yet'}")
    return known[name]


def load(found: Proof) -> ModuleType:
    """The proof's module, under the name a child process would import it by."""
    name = f"tests.proofs.{found.path.stem}"
    spec = importlib.util.spec_from_file_location(name, found.path)
    if spec is None or spec.loader is None:
        raise NoSuchProof(f"{found.path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def run(found: Proof, n: int | None, seed: int, report: Report, *, small: bool = False) -> Figures:
    """Run a proof n times: as often as its module says where n is None, and as within the tests where small."""
    module = load(found)
    times = n if n is not None else int(module.CI_N if small else module.DEFAULT_N)
    figures = module.prove(times, seed, report)
    if not isinstance(figures, Figures):
        raise TypeError(f"{found.path.name}: prove() must return Figures")
    return figures


def main(arguments: Sequence[str], folder: Path = HERE) -> int:
    """List the proofs, or run one; 0 only where every bar held, 1 where one did not, 2 for a wrong question."""
    asked = _asked(arguments)
    try:
        if asked.name is None:
            _list(folder)
            return 0
        return _run_and_say(proof(asked.name, folder), asked.n, asked.seed)
    except NoSuchProof as error:
        print(error, file=sys.stderr)
        return 2


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make prove", description="Figures by command.")
    parser.add_argument("name", nargs="?", help="which proof (P=); without one they are listed")
    parser.add_argument("--n", type=_positive, help="how often (N=)")
    parser.add_argument("--seed", type=int, default=1, help="what chance starts from (SEED=), 1 unless told")
    return parser.parse_args(arguments)


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError("must be a whole number above 0")
    return int(text)


def _list(folder: Path) -> None:
    print("make prove P=<name> [N=<times>] [SEED=<number>]")
    for found in proofs(folder):
        print(f"  {found.name:<20} {found.says}")


def _run_and_say(found: Proof, n: int | None, seed: int) -> int:
    figures = run(found, n, seed, lambda line: print(line, file=sys.stderr, flush=True))
    faults = figures.faults()
    for fault in faults:
        print(f"{found.name} does not hold: {fault}", file=sys.stderr)
    sys.stderr.flush()
    print(figures.line(found.name), f"seed={seed}", f"held={'no' if faults else 'yes'}")
    return 1 if faults else 0
