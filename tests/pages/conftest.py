"""The preview app, asked in-process or by a browser."""

import logging
from collections.abc import Callable, Iterator

import pytest
from flask import Flask

from tests.pages import preview
from tests.pages.markup import Markup


@pytest.fixture(scope="session", autouse=True)
def quiet() -> None:
    """A failing browser test shows its own lines, not every request's."""
    logging.getLogger("werkzeug").setLevel(logging.WARNING)


@pytest.fixture(scope="session")
def app() -> Flask:
    return preview.build()


@pytest.fixture
def shown(app: Flask) -> Callable[[str], Markup]:
    """A page by its name in the preview, read."""
    client = app.test_client()

    def show(page: str) -> Markup:
        answer = client.get(f"/show/{page}")
        assert answer.status_code == 200
        return Markup(answer.text)

    return show


@pytest.fixture(scope="session")
def site(app: Flask) -> Iterator[str]:
    """The preview on a socket; its base URL."""
    with preview.serving(app) as base:
        yield base
