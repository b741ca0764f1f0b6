"""A foreign narrative may format, and nothing else (Narrative txt-1, threat T29)."""

import pytest

from service.r4.narrative import is_simple
from tests.r4.answered import faults_of, good

XMLNS = 'xmlns="http://www.w3.org/1999/xhtml"'


def div(inside: str, attributes: str = "") -> str:
    return f"<div {XMLNS} {attributes}>{inside}</div>"


@pytest.mark.parametrize(
    "inside",
    [
        "words",
        "<p>1 &lt; 2 &amp; 3</p><br/><ul><li>é 🐢</li></ul>",
        '<table class="x"><tbody><tr><td>1</td></tr></tbody></table>',
        "a&nbsp;b &eacute;",
        '<a href="https://clinic.example/x">there</a> <a href="#below">below</a>',
    ],
)
def test_formatting_is_taken(inside: str) -> None:
    assert is_simple(div(inside))


@pytest.mark.parametrize(
    "hostile",
    [
        div("<script>alert(1)</script>"),
        div("<SCRIPT>alert(1)</SCRIPT>"),
        div("<p onclick='x()'>a</p>"),
        div("<p ONLOAD='x()'>a</p>"),
        div("x", "onmouseover='y()'"),
        div('<a href="javascript:x()">a</a>'),
        div('<a href=" java&#x0A;script:x()">a</a>'),
        div('<img src="data:text/html,x"/>'),
        div("<iframe src='https://x.example'/>"),
        div("<object data='x'/>"),
        div("<form action='/x'><input name='a'/></form>"),
        div("<style>p{}</style>"),
        div("<link rel='x' href='y'/>"),
        div("<svg xmlns='http://www.w3.org/2000/svg'><circle/></svg>"),
        div("<!-- x -->"),
        div("<?php x ?>"),
        div("<p>open"),
        div("&unknown;"),
        f'<!DOCTYPE d [<!ENTITY a "aaaa">]><div {XMLNS}>&a;</div>',
        "<div>no namespace</div>",
        f"<p {XMLNS}>no div</p>",
        "words alone",
        "",
        "\x00",
    ],
)
def test_what_acts_or_is_no_xhtml_is_refused(hostile: str) -> None:
    assert not is_simple(hostile)


def test_a_response_with_such_a_narrative_is_refused() -> None:
    value = good() | {"text": {"status": "generated", "div": div("<script>alert(1)</script>")}}
    assert [(f.code, f.expression) for f in faults_of(value)] == [
        ("invariant", "QuestionnaireResponse.text.div")
    ]


def test_a_contained_narrative_is_looked_at_too() -> None:
    patient = {"resourceType": "Patient", "id": "p", "text": {"status": "generated", "div": div("<embed/>")}}
    found = faults_of(good() | {"contained": [patient]})
    assert [f.expression for f in found] == ["QuestionnaireResponse.contained[0].text.div"]
