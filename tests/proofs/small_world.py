"""A world of tests/world.py made without pytest: for a proof, or to stand beside other tests as long as they like."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from service.summary.rendering import Limits, RenderingChild
from tests.world import World, copy_world, make_template, start, with_tables


@contextmanager
def small_world(tables: str = "", **settings: Any) -> Iterator[World]:
    """A running service and its record systems, with nothing said but the figures."""
    # A refusal says so in a line of its own, and there are thousands.
    with capture_logs(), lasting_world(tables, **settings) as world:
        yield world


@contextmanager
def lasting_world(tables: str = "", **settings: Any) -> Iterator[World]:
    """A running service and its record systems, ended and swept away afterwards.

    `tables` of clinics.toml stand in place of the same ones in it, and `settings` in place of the usual ones.
    While it stands nothing of the process is changed, neither its clock nor its log: other tests run beside it.
    """
    with tempfile.TemporaryDirectory(prefix="world-") as name:
        template, folder = Path(name) / "template", Path(name) / "world"
        template.mkdir()
        make_template(template)
        copy_world(template, folder)
        clinics = folder / "clinics.toml"
        clinics.write_text(with_tables(clinics.read_text("utf-8"), tables), "utf-8")
        child = RenderingChild(Limits())
        try:
            with pytest.MonkeyPatch.context() as patch:
                made = start(folder, child, patch, **settings)
            with made.closing:
                yield made
        finally:
            child.close()
