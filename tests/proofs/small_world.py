"""A world of tests/world.py for a proof: made without pytest, with nothing said but the figures."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from service.summary.rendering import Limits, RenderingChild
from tests.world import World, copy_world, make_template, start


@contextmanager
def small_world() -> Iterator[World]:
    """A running service and its record systems, ended and swept away afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="proof-world-") as name,
        pytest.MonkeyPatch.context() as patch,
        capture_logs(),  # a refusal says so in a line of its own, and there are thousands
    ):
        template, folder = Path(name) / "template", Path(name) / "world"
        template.mkdir()
        make_template(template)
        copy_world(template, folder)
        child = RenderingChild(Limits())
        try:
            made = start(folder, child, patch)
            with made.closing:
                yield made
        finally:
            child.close()
