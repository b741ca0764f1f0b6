"""What every answer says to the browser: what a page may load and lead to, and which origins may read it."""

from __future__ import annotations

import flask

from service.sandbox.config import SandboxConfig
from service.sandbox.token_endpoints import REVOKE

OPEN_PATHS = (
    "/.well-known/openid-configuration",
    "/fhir/.well-known/smart-configuration",
    "/fhir/metadata",
    "/auth/jwks",
    "/static/smart-style.json",
)
ASKED = "Authorization, Content-Type, Accept, If-Match, If-None-Match, If-None-Exist, Prefer"
SHOWN = "ETag, Location, Content-Location, Last-Modified, Retry-After, X-Request-Id"


def install(app: flask.Flask, config: SandboxConfig) -> None:
    """Put the headers on every answer of the app."""
    policy = _content_policy(config)
    browser_apps = config.app_origins(["public"])

    def preflight() -> flask.Response | None:
        asked = "Access-Control-Request-Method" in flask.request.headers and flask.request.method == "OPTIONS"
        return flask.make_response("", 204) if asked else None

    def finish(answer: flask.Response) -> flask.Response:
        answer.headers.setdefault("Content-Security-Policy", policy)
        answer.headers.setdefault("X-Content-Type-Options", "nosniff")
        answer.headers.setdefault("Referrer-Policy", "same-origin")
        if not flask.request.path.startswith("/static/"):
            answer.headers.setdefault("Cache-Control", "no-store")
        origin = _readable_from(config, browser_apps)
        if origin is not None:
            _allow(answer, origin)
        return answer

    # A browser sends its question ahead without a token, so it is answered before any door asks for one.
    app.before_request(preflight)
    app.after_request(finish)


def _content_policy(config: SandboxConfig) -> str:
    """Only our own things load; forms and frames may lead to registered apps, since launches do."""
    apps = " ".join(sorted(config.app_origins()))
    return "; ".join(
        [
            "default-src 'none'",
            "style-src 'self'",
            "img-src 'self'",
            f"form-action 'self' {apps}".strip(),
            f"frame-src 'self' {apps}".strip(),
            "frame-ancestors 'self'",
            "base-uri 'none'",
        ]
    )


def _readable_from(config: SandboxConfig, browser_apps: frozenset[str]) -> str | None:
    """Which origin may read this answer: any for what is public, else the registered browser apps (SMART, CORS)."""
    path, origin = flask.request.path, flask.request.headers.get("Origin")
    if path in OPEN_PATHS:
        return "*"
    if path in ("/auth/token", REVOKE):
        return "*" if flask.request.method == "OPTIONS" or _from_public_app(config) else None
    return origin if path.startswith("/fhir") and origin in browser_apps else None


def _from_public_app(config: SandboxConfig) -> bool:
    app = config.app(flask.request.form.get("client_id", ""))
    return app is not None and app.kind == "public"


def _allow(answer: flask.Response, origin: str) -> None:
    answer.headers["Access-Control-Allow-Origin"] = origin
    answer.headers["Access-Control-Expose-Headers"] = SHOWN
    if origin != "*":
        answer.vary.add("Origin")
    if flask.request.method == "OPTIONS":
        answer.headers["Access-Control-Allow-Methods"] = "GET, POST, PUT, OPTIONS"
        answer.headers["Access-Control-Allow-Headers"] = ASKED
        answer.headers["Access-Control-Max-Age"] = "600"
