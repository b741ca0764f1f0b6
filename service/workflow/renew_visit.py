"""Renewing a visit's access: a visit lives no longer than its token, unless the record system renews that (T23).

A refresh token is used once, by one request (SMART A-93): the requests of one visit take turns here, and who comes
second finds the new token.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from service.journal.problems import SignInNeeded, SignInPaused
from service.smart import launch
from service.smart.problems import ServerSilent, SmartProblem
from service.smart.token_endpoint import TokenAnswer
from service.store import deeds, sessions
from service.store.sessions import Visit
from service.workflow.desk import Desk

_RENEW_BEFORE = timedelta(seconds=60)


def renewed(desk: Desk, visit: Visit, now: datetime) -> Visit:
    """The visit with a token that is good now; SignInNeeded where the record system ended it.

    A record system that does not answer ends nobody's writing while the old token lives (rule 11);
    SignInPaused once it does not.
    """
    if now < visit.contents.token_expires_at - _RENEW_BEFORE:
        return visit
    if visit.contents.refresh_token is None:
        return _while_it_lives(visit, now)
    with desk.renewals.of(visit.handle):
        current = sessions.visit(desk.store, visit.handle)
        if current is None:
            raise SignInNeeded
        if now < current.contents.token_expires_at - _RENEW_BEFORE:
            return current
        return _renew(desk, current, now)


def _renew(desk: Desk, visit: Visit, now: datetime) -> Visit:
    try:
        answer = _refreshed(desk, visit)
    except ServerSilent:
        if now >= visit.contents.token_expires_at:
            raise SignInPaused from None
        return visit
    except SmartProblem:
        # The record system ended it: the spent token is never sent again.
        desk.writer.perform(deeds.Deed(visit.clinic, changes=(deeds.EndVisit(visit.handle, desk.now()),)))
        raise SignInNeeded from None
    contents = replace(
        visit.contents,
        access_token=answer.access_token,
        refresh_token=answer.refresh_token,
        token_expires_at=answer.expires_at,
        scopes=answer.scope,
    )
    renewing = deeds.RenewVisit(visit.handle, contents, visit.expires_at)
    desk.writer.perform(deeds.Deed(visit.clinic, changes=(renewing,)))
    return replace(visit, contents=contents)


def _refreshed(desk: Desk, visit: Visit) -> TokenAnswer:
    clinic, contents = desk.clinic(visit.clinic), visit.contents
    before = TokenAnswer(
        access_token=contents.access_token,
        expires_at=contents.token_expires_at,
        scope=contents.scopes,
        patient=visit.patient_id,
        encounter=visit.encounter_id,
        refresh_token=contents.refresh_token,
    )
    configuration = clinic.configurations.of(clinic.iss)
    caller = clinic.apps[visit.kind].caller
    return launch.refresh(before, caller, token_endpoint=configuration.token_endpoint, iss=clinic.iss)


def _while_it_lives(visit: Visit, now: datetime) -> Visit:
    if now >= visit.contents.token_expires_at:
        raise SignInNeeded
    return visit
