"""Every test here lives in a small world of its own: tests/world.py."""

from tests.world import rendering_child, template, world, world_on_postgresql, world_with

__all__ = ["rendering_child", "template", "world", "world_on_postgresql", "world_with"]
