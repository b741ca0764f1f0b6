"""A writing page with a server behind it that does what a test tells it: take, lose the reply, be busy, refuse.

It keeps one draft and counts revisions as the service does. Real sockets: only the rules are a stand-in.
"""

from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Event

from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue

from tests.pages import preview
from tests.pages import samples as s

SAVED_AT = datetime(2026, 11, 21, 2, 5, tzinfo=UTC)


@dataclass
class Desk:
    """The draft as the server has it, the saves that came, and how the next ones will be met."""

    text: str = ""
    revision: int = 4
    person: str = "p1"
    words_key: str = s.WORDS_KEY
    ends: datetime = field(default_factory=lambda: datetime.now(UTC) + timedelta(hours=1))
    meets: deque[str] = field(default_factory=deque)
    mood: str = "take"
    saves: list[dict[str, str]] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)
    filing: str = "sent"
    is_slow: bool = False
    asked: Event = field(default_factory=Event)
    answered: Event = field(default_factory=Event)

    def show(self) -> str:
        """The page of the first prompt; when slow, as it was before the save that it lets pass."""
        page = self._page()
        if self.is_slow:
            self.asked.set()
            self.answered.wait(10)
            self.is_slow = False
        return page

    def _page(self) -> str:
        template, values = preview.PAGES["prompt-first"]
        mine = {"answer": self.text, "revision": self.revision, "words_key": self.words_key}
        return render_template(template, **preview.context("prompt-first") | values | mine | self._sitting())

    def receipt(self) -> str:
        """The receipt, in the state that the test gave it."""
        template, values = preview.PAGES["receipt-sent"]
        more = {"state": self.filing, "filed_at": SAVED_AT if self.filing == "filed" else None}
        return render_template(template, **preview.context("receipt-sent") | values | more | self._sitting())

    def save(self) -> ResponseReturnValue:
        """An autosave, met as told."""
        body = request.get_json()
        name = request.headers["X-Save-Id"]
        self.saves.append({"id": name, "csrf": request.headers["X-CSRF"], "text": body["answers"][0]["text"]})
        mood = self.meets.popleft() if self.meets else self.mood
        if mood == "busy":
            return {"problem": "TooBusy"}, 503
        if mood == "signed-out":
            return {"problem": "SignInNeeded"}, 401
        if mood == "late":
            self.asked.wait(10)
        changes = name not in self.done and body["answers"][0]["text"] != self.text
        if changes and body["revision"] != self.revision:
            return {"problem": "ChangedElsewhere", "conflictUrl": request.path}, 412
        if changes:
            self.revision += 1
            self.text = body["answers"][0]["text"]
        self.done.setdefault(name, self.revision)
        if mood == "lose reply":
            return "", 502
        return {"revision": self.done[name], "savedAt": SAVED_AT.isoformat()}

    def posted(self) -> ResponseReturnValue:
        """A form that arrived, with the revision the draft stood at then."""
        self.forms.append(request.form.to_dict() | {"stood_at": str(self.revision)})
        return "<!doctype html><html lang=en><title>Next</title><h1>Taken</h1>"

    def _sitting(self) -> dict[str, object]:
        return {"person_mark": self.person, "session_ends": self.ends}


def build(desk: Desk) -> Flask:
    """The preview with this desk behind its writing page (/write) and its receipt (/sent)."""
    app = preview.build()
    app.add_url_rule("/write", "write", desk.show)
    app.add_url_rule("/sent", "sent", desk.receipt)
    app.view_functions["patient.autosave"] = lambda **_: desk.save()
    app.view_functions["patient.prompt"] = lambda **_: desk.posted()
    return app
