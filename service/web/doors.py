"""A door is a Blueprint whose routes cannot be made without saying who may pass (threat model, rule 2)."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask

from service.access.policies import Policy

_POLICIES = "infusion-journal-policies"


class RouteWithoutPolicy(RuntimeError):
    """A route was registered without a policy; the service does not start."""


class Door(Blueprint):
    """A Blueprint that remembers each route's policy under its endpoint."""

    def __init__(self, name: str, url_prefix: str = "") -> None:
        super().__init__(name, __name__, url_prefix=url_prefix)
        self.policies: dict[str, Policy] = {}

    def open(
        self, rule: str, policy: Policy, *methods: str
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Register a view for a path and methods (GET where none is named), under a policy."""

        def register(view: Callable[..., Any]) -> Callable[..., Any]:
            self.policies[f"{self.name}.{view.__name__}"] = policy
            self.add_url_rule(rule, view_func=view, methods=list(methods) or ["GET"])
            return view

        return register


def hang(app: Flask, doors: list[Door], own: dict[str, Policy]) -> None:
    """Register the doors, and refuse an application in which any route has no policy.

    `own` gives the policies of routes that Flask makes by itself, such as "static".
    """
    policies = dict(own)
    for door in doors:
        app.register_blueprint(door)
        policies |= door.policies
    without = [rule.rule for rule in app.url_map.iter_rules() if rule.endpoint not in policies]
    if without:
        raise RouteWithoutPolicy(f"routes without a policy: {', '.join(sorted(without))}")
    app.extensions[_POLICIES] = policies


def policy_of(app: Flask, endpoint: str) -> Policy:
    """The policy declared with this endpoint."""
    policies: dict[str, Policy] = app.extensions[_POLICIES]
    return policies[endpoint]
