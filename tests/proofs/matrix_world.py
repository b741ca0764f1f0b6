"""The authorization matrix's world: two clinics, each with a client of its own at its export base."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from service.cli.demo_clinic import CLINIC
from service.summary.rendering import Limits, RenderingChild
from tests.web.systems import registered
from tests.world import OTHER, World, make_template, start


@contextmanager
def matrix_world() -> Iterator[World]:
    """A running service and its record systems, ended and swept away afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="proof-matrix-") as name,
        pytest.MonkeyPatch.context() as patch,
        capture_logs(),  # a refusal says so in a line of its own, and there are thousands
    ):
        folder = Path(name)
        make_template(folder)
        clinics = folder / "clinics.toml"
        clinics.write_text(
            "\n".join([clinics.read_text("utf-8"), registered(CLINIC), registered(OTHER)]), "utf-8"
        )
        child = RenderingChild(Limits())
        try:
            made = start(folder, child, patch)
            with made.closing:
                yield made
        finally:
            child.close()
