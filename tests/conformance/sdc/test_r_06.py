"""A response has a narrative made of the answers, in which the patient's words are text and never mark-up.
[house rule; FHIR R4 narrative]
"""

import html
import re

from tests.conformance.sdc.written import written
from tests.world import World

HOSTILE = "<script>alert(1)</script> & \"so\" 'on' ]]> <img src=x onerror=y>"


def test_words_stand_escaped_in_it(world: World) -> None:
    kept = written(world, words={"ai1.1": HOSTILE})
    div = kept["text"]["div"]

    assert kept["text"]["status"] == "generated"
    assert set(re.findall(r"<([a-z0-9]+)", div)) <= {"div", "h2", "h3", "p", "br", "i"}
    assert HOSTILE in html.unescape(div)
