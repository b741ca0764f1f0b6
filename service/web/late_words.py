"""A form of a writing page that came once the visit was over: its words are handed over to be held (rule 14).

Apart from the pages: whoever sent it is not signed in, and gets nothing back but the words of their own form.
"""

import hmac
from datetime import datetime

from flask import request

from service.journal.entries import Answer, Draft
from service.journal.problems import Problem
from service.journal.prompts import PromptSet
from service.web import answers_sent, guards
from service.web.guards import desk, form
from service.workflow.hold_words import hold_words

_ENDPOINTS = frozenset({"patient.prompt", "patient.all_prompts"})


def hold_late_words() -> datetime | None:
    """Until when the words of this form are held for its patient; None where they are not.

    Only a form of our own page of that very visit counts: its token is derived from the visit's secret (T26).
    """
    if request.method != "POST" or request.endpoint not in _ENDPOINTS or not _is_of_that_visit():
        return None
    arguments = request.view_args or {}
    try:
        held = hold_words(desk(), arguments["visit"], _secret(), arguments["key"], guards.origin(), _said)
    except Problem:
        return None
    return held.expires_at


def _secret() -> str:
    return guards.shown_for((request.view_args or {})["visit"])[0]


def _is_of_that_visit() -> bool:
    secret = _secret()
    try:
        given = form().get("csrf", "")
    except Problem:
        return False
    is_token = hmac.compare_digest(given.encode(), guards.csrf_token(secret).encode())
    return bool(secret) and is_token and guards.is_from_our_own_page()


def _said(draft: Draft, prompt_set: PromptSet) -> tuple[int, tuple[Answer, ...]]:
    """The revision and the answers of the form, as the page itself would read them."""
    fields = form()
    if answers_sent.is_choice(fields):
        answers = answers_sent.chosen(fields, prompt_set, draft)
    elif request.endpoint == "patient.all_prompts":
        answers = answers_sent.all_answers(fields, prompt_set)
    else:
        asked = answers_sent.numbered(prompt_set, (request.view_args or {})["number"])
        answers = answers_sent.one_answer(fields, asked)
    return answers_sent.revision_of(fields), answers
