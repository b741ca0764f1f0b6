"""The servers that give tokens: the sandbox with an app of each kind, and a world whose clinic registered systems."""

from dataclasses import replace
from typing import Any

import pytest

from service.sandbox.config import RegisteredApp
from tests.sandbox.conftest import app_keys, clinic, seeded_folder
from tests.sandbox.conftest import registered as plainly_registered
from tests.web.systems import System, with_systems
from tests.world import World, WorldWith

__all__ = ["app_keys", "clinic", "plainly_registered", "seeded_folder"]


@pytest.fixture
def registered(
    plainly_registered: tuple[RegisteredApp, ...], app_keys: dict[str, Any]
) -> tuple[RegisteredApp, ...]:
    """The sandbox's usual apps; the filing one may ask about tokens as well."""
    return tuple(replace(app, introspects=app.client_id == "backend-app") for app in plainly_registered)


@pytest.fixture
def systems(world_with: WorldWith) -> World:
    """A world in which both clinics registered a system with us, and the first one another by its address."""
    return with_systems(world_with)


@pytest.fixture
def siem(systems: World) -> System:
    """The system whose key stands in the clinic's file."""
    return System(systems)
