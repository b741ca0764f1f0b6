"""The launch from redirect to token, before honest and hostile authorization servers (A-40 to A-94; T18, T21)."""

import base64
import hashlib
import json
import secrets
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt

from service.smart import launch
from service.smart.discovery import SmartConfiguration
from service.smart.launch import PendingLaunch, Returned, TokenAnswer
from service.smart.problems import (
    DiscoveryFailed,
    LaunchExpired,
    LaunchProblem,
    LaunchRefused,
    ServerSilent,
    SmartProblem,
    StateMismatch,
    TokenRefused,
)
from service.smart.registration import ClientKind, Registration
from service.smart.token_endpoint import ContextItem, revoke
from tests.smart.people import (
    ISS,
    ISSUER,
    NOW,
    REDIRECT,
    Clock,
    Server,
    caller,
    our_key,
    registration,
)

SCOPE = "openid fhirUser launch/patient patient/Patient.r patient/Encounter.rs"
GOOD = {
    "access_token": "access-1",
    "token_type": "Bearer",
    "expires_in": 900,
    "scope": SCOPE,
    "patient": "pat-1",
    "refresh_token": "refresh-1",
    "id_token": "a.b.c",
}
CONFIGURATION = SmartConfiguration(
    iss=ISS,
    token_endpoint=f"{ISSUER}/token",
    authorization_endpoint=f"{ISSUER}/authorize?tenant=7&empty=&aud=theirs",
)


def _json(value: Any, status: int = 200) -> tuple[int, dict[str, str], bytes]:
    return status, {"Content-Type": "application/json"}, json.dumps(value).encode()


def _begin(configuration: SmartConfiguration = CONFIGURATION, **more: Any) -> launch.LaunchBegun:
    asked = {"redirect_uri": REDIRECT, "scope": SCOPE, "launch": "opaque-1", "now": NOW}
    return launch.begin(configuration, registration(), **{**asked, **more}, random=secrets.token_bytes)


def _good_return(pending: PendingLaunch) -> Returned:
    return Returned(state=pending.state, code="code-1")


def _form(server: Server) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(server.asked[-1][3].decode()).items()}


class TestBeginning:
    def test_the_servers_own_parameters_stay_and_ours_stand_once(self) -> None:
        """A-35: but the server's address cannot set a second aud."""
        query = parse_qs(urlsplit(_begin().authorize_url).query, keep_blank_values=True)
        assert (query["tenant"], query["empty"], query["aud"]) == (["7"], [""], [ISS])
        assert all(len(values) == 1 for values in query.values())

    def test_the_challenge_belongs_to_the_verifier(self) -> None:
        """A-44, RFC 7636: S256, 64 characters of the allowed letters."""
        begun = _begin()
        query = parse_qs(urlsplit(begun.authorize_url).query)
        digest = hashlib.sha256(begun.pending.verifier.encode()).digest()
        assert query["code_challenge"] == [base64.urlsafe_b64encode(digest).rstrip(b"=").decode()]
        assert 43 <= len(begun.pending.verifier) <= 128

    def test_a_standalone_launch_sends_no_launch(self) -> None:
        """A-20."""
        assert "launch" not in parse_qs(urlsplit(_begin(launch=None).authorize_url).query)

    def test_no_two_launches_share_anything(self) -> None:
        """A-42, A-44: state, nonce and verifier are new each time, and differ from each other."""
        made = [begun.pending for begun in (_begin() for _ in range(50))]
        assert len({value for one in made for value in (one.state, one.nonce, one.verifier)}) == 150

    def test_a_pending_launch_does_not_show_its_secrets(self) -> None:
        """Rule 28: a representation in a log names the record system and nothing of use."""
        begun = _begin()
        for secret in (begun.pending.state, begun.pending.nonce, begun.pending.verifier):
            assert secret not in repr(begun)

    def test_without_an_authorization_endpoint_there_is_no_launch(self) -> None:
        with pytest.raises(DiscoveryFailed):
            _begin(SmartConfiguration(iss=ISS, token_endpoint=f"{ISSUER}/token"))


class TestReturning:
    """A-43, A-50, A-52, T5, T21: what is wrong is refused before any request leaves."""

    WRONG = (
        (Returned(), StateMismatch),
        (Returned(state="", code="c"), StateMismatch),
        (Returned(state="another", code="c"), StateMismatch),
        (Returned(state="\ud800", code="c"), StateMismatch),
        (Returned(state="s", error="access_denied"), LaunchRefused),
        (Returned(state="s", error="<script>alert(1)</script>"), LaunchRefused),
        (Returned(state="s", code="c", error="server_error"), LaunchRefused),
        (Returned(state="s"), LaunchRefused),
        (Returned(state="s", code=""), LaunchRefused),
        (Returned(state="s", code="a b"), LaunchRefused),
        (Returned(state="s", code="c" * 5000), LaunchRefused),
        (Returned(state="s", code="c\r\nX: y"), LaunchRefused),
        (Returned(state="s", code="c", iss="https://evil.example"), StateMismatch),
        (Returned(state="s", code="c", iss=""), StateMismatch),
        (Returned(state="s", code="c", iss=ISSUER + "/"), StateMismatch),
    )

    @pytest.mark.parametrize(("returned", "problem"), WRONG)
    def test_a_wrong_return_causes_no_request(self, returned: Returned, problem: type[LaunchProblem]) -> None:
        server = Server({"/token": _json(GOOD)})
        pending = _begin().pending
        if returned.state == "s":
            returned = Returned(pending.state, returned.code, returned.error, returned.iss)
        with pytest.raises(problem) as caught:
            launch.finish(pending, returned, caller(server), issuer=ISSUER)
        assert server.asked == []
        assert "script" not in str(caught.value)

    def test_a_server_that_names_itself_must_do_so(self) -> None:
        """RFC 9207 § 2.4: advertised, and then missing."""
        pending = _begin(
            SmartConfiguration(
                iss=ISS,
                token_endpoint=f"{ISSUER}/token",
                authorization_endpoint=f"{ISSUER}/authorize",
                names_issuer_in_answer=True,
            )
        ).pending
        server = Server({"/token": _json(GOOD)})
        with pytest.raises(StateMismatch):
            launch.finish(pending, _good_return(pending), caller(server), issuer=ISSUER)
        named = Returned(pending.state, "code-1", None, ISSUER)
        assert launch.finish(pending, named, caller(server), issuer=ISSUER)

    @pytest.mark.parametrize("minutes", [10, 11, 600, -1])
    def test_a_launch_lives_ten_minutes(self, minutes: int) -> None:
        """T21: and none comes from the future."""
        server, clock, pending = Server({"/token": _json(GOOD)}), Clock(), _begin().pending
        clock.pass_time(minutes=minutes)
        with pytest.raises(LaunchExpired):
            launch.finish(pending, _good_return(pending), caller(server, clock))
        assert server.asked == []


class TestTokenRequest:
    """A-60 to A-64: the form, and how each kind of client proves itself."""

    def _finish(self, registered: Registration) -> tuple[Server, dict[str, str]]:
        server, pending = Server({"/token": _json(GOOD)}), _begin().pending
        launch.finish(pending, _good_return(pending), caller(server, registered=registered))
        form = _form(server)
        assert form["grant_type"] == "authorization_code"
        assert form["redirect_uri"] == REDIRECT
        assert form["code_verifier"] == pending.verifier
        assert server.asked[0][2]["CONTENT_TYPE"] == "application/x-www-form-urlencoded"
        return server, form

    def test_a_public_client_names_itself(self) -> None:
        server, form = self._finish(registration())
        assert form["client_id"] == "journal"
        assert "HTTP_AUTHORIZATION" not in server.asked[0][2]

    def test_a_secret_goes_into_the_header_and_nowhere_else(self) -> None:
        server, form = self._finish(registration(ClientKind.SYMMETRIC))
        encoded = server.asked[0][2]["HTTP_AUTHORIZATION"].removeprefix("Basic ")
        assert base64.b64decode(encoded) == b"journal:s%20p%3Ae%2Fc%2Bial"
        assert not {"client_id", "client_secret"} & form.keys()

    def test_a_key_signs_an_assertion(self) -> None:
        """D-01, D-02: typ, kid, iss, sub, aud, exp within five minutes, a random jti."""
        _, form = self._finish(registration(ClientKind.ASYMMETRIC))
        assert "client_id" not in form
        assert form["client_assertion_type"].endswith(":jwt-bearer")
        token = jwt.decode(form["client_assertion"], our_key().key, algorithms=["ES384"])
        assert token.header == {"alg": "ES384", "kid": our_key().kid, "typ": "JWT"}
        moment = NOW.timestamp()
        assert 0 < token.claims.pop("exp") - moment <= 300
        assert len(bytes.fromhex(token.claims.pop("jti"))) == 16
        assert token.claims == {"iss": "journal", "sub": "journal", "aud": f"{ISSUER}/token"}

    def test_the_switches_for_servers_that_differ(self) -> None:
        """F-4 and F-5 of the SMART sheet: client_id as well, and the issuer as audience."""
        registered = registration(ClientKind.ASYMMETRIC, sends_client_id=True, assertion_audience=ISSUER)
        _, form = self._finish(registered)
        token = jwt.decode(form["client_assertion"], our_key().key, algorithms=["ES384"])
        assert (form["client_id"], token.claims["aud"]) == ("journal", ISSUER)

    def test_no_assertion_is_used_twice(self) -> None:
        """D-03, T18: never the same jti, not even for a retry."""
        server = Server({"/token": _json({"error": "invalid_client"}, 401)})
        pending, seen = _begin().pending, set()
        asking = caller(server, registered=registration(ClientKind.ASYMMETRIC))
        for _ in range(200):
            with pytest.raises(TokenRefused):
                launch.finish(pending, _good_return(pending), asking)
            payload = _form(server)["client_assertion"].split(".")[1]
            seen.add(json.loads(base64.urlsafe_b64decode(payload + "=="))["jti"])
        assert len(seen) == 200


class TestAnswer:
    """A-70 to A-78: what is read from a good answer."""

    def _answer(self, **changed: Any) -> TokenAnswer:
        members = {name: value for name, value in {**GOOD, **changed}.items() if value is not ...}
        pending = _begin().pending
        server = Server({"/token": _json(members)})
        return launch.finish(pending, _good_return(pending), caller(server))

    def test_everything_is_read(self) -> None:
        answer = self._answer(
            encounter="enc-3",
            need_patient_banner=False,
            smart_style_url="https://ehr.example/style.json",
            intent="journal",
            tenant="maple",
            fhirContext=[
                {"canonical": "https://journal.example/fhir/Questionnaire/q|1", "role": "form"},
                {"reference": "Appointment/7", "type": "Appointment"},
                {"identifier": {"system": "urn:x", "value": "9"}},
            ],
        )
        assert (answer.patient, answer.encounter) == ("pat-1", "enc-3")
        assert not answer.need_patient_banner
        assert answer.smart_style_url == "https://ehr.example/style.json"
        assert (answer.intent, answer.tenant) == ("journal", "maple")
        assert answer.fhir_context == (
            ContextItem(canonical="https://journal.example/fhir/Questionnaire/q|1", role="form"),
            ContextItem(reference="Appointment/7", type="Appointment"),
            ContextItem(identifier=("urn:x", "9")),
        )
        assert (answer.expires_at - NOW).total_seconds() == 900

    def test_tokens_do_not_show_themselves(self) -> None:
        """T22: a representation in a log or a crash dump holds no token."""
        shown = repr(self._answer())
        assert not any(secret in shown for secret in ("access-1", "refresh-1", "a.b.c"))

    @pytest.mark.parametrize("kind", ["bearer", "BEARER", "Bearer"])
    def test_the_token_type_has_no_case(self, kind: str) -> None:
        assert self._answer(token_type=kind).access_token == "access-1"

    def test_a_missing_life_is_short(self) -> None:
        """A-71: 300 seconds; and a very long one is cut to a day."""
        assert (self._answer(expires_in=...).expires_at - NOW).total_seconds() == 300
        assert (self._answer(expires_in=10**300).expires_at - NOW).total_seconds() == 86400

    @pytest.mark.parametrize("banner", [..., None, "false", 0, True, "no"])
    def test_only_a_plain_no_hides_the_banner(self, banner: object) -> None:
        """A-74: absent or strange means that the page shows who the patient is."""
        assert self._answer(need_patient_banner=banner).need_patient_banner is True

    def test_no_patient_is_no_patient(self) -> None:
        """A-22: asked for and not given: the page says so, and no id is made up."""
        assert self._answer(patient=...).patient is None

    @pytest.mark.parametrize(
        "url",
        ["https://evil.example/style.json", "http://ehr.example/s", "javascript:1", 7, "https://10.0.0.1/s"],
    )
    def test_a_style_comes_from_the_record_system_alone(self, url: object) -> None:
        """A-75."""
        assert self._answer(smart_style_url=url).smart_style_url is None

    @pytest.mark.parametrize(
        "context",
        [
            "Encounter/1",
            ["Encounter/1"],
            [{"reference": "https://evil.example/Encounter/1"}],
            [{"reference": "Encounter/../1"}],
            [{"canonical": "javascript:1"}],
            [{"identifier": "9"}],
            [{"role": "form"}],
            {"reference": "Encounter/1"},
            None,
        ],
    )
    def test_a_context_of_another_form_is_left_out(self, context: object) -> None:
        """A-76, C-28: never guessed at."""
        assert self._answer(fhirContext=context).fhir_context == ()

    def test_unknown_members_are_passed_over(self) -> None:
        """A-78."""
        extra = {"__vendor": {"x": 1}, "https://vendor.example/x": [1]}
        assert self._answer(**extra).access_token == "access-1"


def _good(**changed: Any) -> tuple[int, dict[str, str], bytes]:
    return _json({name: value for name, value in {**GOOD, **changed}.items() if value is not ...})


DEVIATIONS: dict[str, Any] = {
    "no access token": _good(access_token=...),
    "access token null": _good(access_token=None),
    "access token empty": _good(access_token=""),
    "access token as number": _good(access_token=7),
    "access token as object": _good(access_token={"token": "x"}),
    "access token with a line break": _good(access_token="x\r\nX-Evil: 1"),
    "access token with a blank": _good(access_token="x y"),
    "access token not ASCII": _good(access_token="\u00e9"),
    "access token very long": _good(access_token="x" * 20_000),
    "no token type": _good(token_type=...),
    "token type mac": _good(token_type="mac"),
    "token type DPoP": _good(token_type="DPoP"),
    "token type as list": _good(token_type=["Bearer"]),
    "no scope": _good(scope=...),
    "scope as list": _good(scope=["openid"]),
    "scope with a line break": _good(scope="openid\nx"),
    "expires as text": _good(expires_in="900"),
    "expires zero": _good(expires_in=0),
    "expires negative": _good(expires_in=-5),
    "expires true": _good(expires_in=True),
    "patient as reference": _good(patient="Patient/pat-1"),
    "patient with a way up": _good(patient="../Binary/1"),
    "patient as list": _good(patient=["pat-1"]),
    "patient as address": _good(patient="https://evil.example/Patient/1"),
    "patient empty": _good(patient=""),
    "encounter with a query": _good(encounter="e?x=1"),
    "refresh token as number": _good(refresh_token=7),
    "refresh token with a line break": _good(refresh_token="x\n"),
    "id token as object": _good(id_token={"sub": "x"}),
    "id token not ASCII": _good(id_token="\u00e9.x.y"),
    "one member twice": (200, {}, json.dumps(GOOD)[:-1].encode() + b', "patient": "pat-2"}'),
    "not JSON": (200, {}, b"access_token=access-1&token_type=bearer"),
    "a list": _json([GOOD]),
    "a login page": (200, {"Content-Type": "text/html"}, b"<html>"),
    "nothing": (200, {}, b""),
    "no content": (204, {}, b""),
    "not Unicode": (200, {}, b'{"access_token": "\xff"}'),
    "half a character": _good(intent="\ud800"),
    "not a number": (200, {}, b'{"access_token":"a","token_type":"bearer","scope":"","expires_in":NaN}'),
    "a redirect": (302, {"Location": "https://evil.example/token"}, b""),
    "a redirect that keeps the form": (307, {"Location": "https://evil.example/token"}, b""),
    "an error": _json({"error": "invalid_grant"}, 400),
    "an error with a good body": _json({**GOOD, "error": "invalid_grant"}, 400),
    "an error in HTML": (400, {}, b"<html>"),
    "an error of another kind": _json({"error": {"code": "x"}}, 401),
    "not found": (404, {}, b""),
    "too large": (200, {}, b'{"x":"' + b"x" * 300_000 + b'"}'),
    "server error": (500, {}, json.dumps(GOOD).encode()),
    "too many": (429, {"Retry-After": "9"}, b""),
}


@pytest.mark.parametrize("answer", DEVIATIONS.values(), ids=DEVIATIONS.keys())
def test_a_deviating_authorization_server_signs_nobody_in(answer: Any) -> None:
    """T21: one request, no redirect followed, no token kept."""
    server, pending = Server({"/token": answer}), _begin().pending
    with pytest.raises((TokenRefused, ServerSilent)) as caught:
        launch.finish(pending, _good_return(pending), caller(server))
    assert len(server.asked) == 1
    assert "access-1" not in str(caught.value)


def test_there_are_enough_deviations() -> None:
    """At least forty at the token endpoint and on the way back."""
    assert len(DEVIATIONS) + len(TestReturning.WRONG) >= 40


def test_an_error_code_of_their_own_goes_no_further() -> None:
    """A-50: codes come from a fixed list; a stranger's words are never shown."""
    server, pending = Server({"/token": _json({"error": "marker-91"}, 400)}), _begin().pending
    with pytest.raises(TokenRefused) as caught:
        launch.finish(pending, _good_return(pending), caller(server))
    assert caught.value.reason == "other"


class TestRefreshing:
    """A-90 to A-94: by refresh token, for the same patient, with no more than before."""

    BEFORE = TokenAnswer("access-1", NOW, SCOPE, patient="pat-1", encounter="e-1", refresh_token="refresh-1")

    def _refresh(self, answer: Any, **more: Any) -> tuple[TokenAnswer, dict[str, str]]:
        server = Server({"/token": answer})
        after = launch.refresh(self.BEFORE, caller(server), token_endpoint=f"{ISSUER}/token", iss=ISS, **more)
        return after, _form(server)

    def test_what_the_answer_leaves_out_stays(self) -> None:
        after, form = self._refresh(_good(access_token="access-2", patient=..., refresh_token=...))
        assert (form["grant_type"], form["refresh_token"]) == ("refresh_token", "refresh-1")
        assert (after.access_token, after.patient, after.encounter) == ("access-2", "pat-1", "e-1")
        assert after.refresh_token == "refresh-1"

    def test_a_new_refresh_token_replaces_the_old(self) -> None:
        after, _ = self._refresh(_good(refresh_token="refresh-2"))
        assert after.refresh_token == "refresh-2"

    def test_fewer_scopes_are_taken(self) -> None:
        after, form = self._refresh(_good(scope="patient/Encounter.read"), scope="patient/Encounter.rs")
        assert form["scope"] == "patient/Encounter.rs"
        assert after.scope == "patient/Encounter.read"

    @pytest.mark.parametrize(
        "changed",
        [
            {"patient": "pat-2"},
            {"scope": SCOPE + " patient/DocumentReference.r"},
            {"scope": "patient/*.r"},
            {"scope": "user/Patient.r"},
            {"scope": "patient/Patient.c"},
        ],
    )
    def test_another_patient_or_wider_rights_are_refused(self, changed: dict[str, Any]) -> None:
        """T15, T21: a renewal cannot turn into another session."""
        with pytest.raises(SmartProblem):
            self._refresh(_good(**changed))

    def test_a_refused_refresh_says_sign_in_again(self) -> None:
        """A-94."""
        with pytest.raises(TokenRefused, match="sign in again"):
            self._refresh(_json({"error": "invalid_grant"}, 400))

    def test_without_a_refresh_token_nothing_is_sent(self) -> None:
        server = Server()
        before = TokenAnswer("access-1", NOW, SCOPE)
        with pytest.raises(TokenRefused):
            launch.refresh(before, caller(server), token_endpoint=f"{ISSUER}/token", iss=ISS)
        assert server.asked == []


class TestRevoking:
    """T22: signing out revokes at the record system where it can, and never fails."""

    @pytest.mark.parametrize(("answer", "revoked"), [((200, {}, b""), True), ((503, {}, b""), False)])
    def test_signing_out_never_fails(self, answer: Any, revoked: bool) -> None:
        server = Server({"/revoke": answer})
        assert revoke(caller(server), f"{ISSUER}/revoke", "refresh-1", "refresh_token") is revoked
        assert _form(server)["token"] == "refresh-1"
