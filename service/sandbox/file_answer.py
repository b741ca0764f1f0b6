"""Showing a filed document in the browser without trusting what an app has filed."""

from __future__ import annotations

import re

import flask
from werkzeug.exceptions import NotFound

from service.sandbox.chart import File

# What a browser can show by itself. Markup is shown in a closed box: no script, no request, no origin of ours.
SHOWN = {"application/pdf": "pdf", "text/plain": "txt", "application/xhtml+xml": "xhtml", "text/html": "html"}
CLOSED_BOX = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'"


def file_answer(file: File | None, name: str) -> flask.Response:
    """The file as an answer: shown in place where that is safe, else saved; 404 when there is none."""
    if file is None:
        raise NotFound("There is no such document in this chart.")
    media_type = file.media_type.partition(";")[0].strip().lower()
    ending = SHOWN.get(media_type, "bin")
    answer = flask.make_response(file.body)
    answer.headers["Content-Type"] = _content_type(media_type)
    way = "inline" if media_type in SHOWN else "attachment"
    answer.headers["Content-Disposition"] = f'{way}; filename="{_plain(name)}.{ending}"'
    if ending in ("xhtml", "html"):
        answer.headers["Content-Security-Policy"] = CLOSED_BOX
    return answer


def _content_type(media_type: str) -> str:
    if media_type not in SHOWN:
        return "application/octet-stream"
    return media_type if media_type == "application/pdf" else f"{media_type}; charset=utf-8"


def _plain(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9.-]", "", name) or "document"
