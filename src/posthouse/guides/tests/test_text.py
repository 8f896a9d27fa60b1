import pytest

from posthouse.design.templatetags.design import icon
from posthouse.guides.text import html_of, plain_of, title_and_body


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "<a href='javascript:alert(1)'>x</a>",
        "![x](https://evil.example/pixel.png)",
        "<iframe src='https://evil.example'></iframe>",
        "<style>*{display:none}</style>",
        "<div style='position:fixed'>x</div>",
        "<svg onload=alert(1)>",
        "<form action=/x><input name=y></form>",
        "[x](data:text/html,x)",
        "```\n</code></pre><script>alert(1)</script>\n```",
        '```html" onmouseover="x\n<b>\n```',
        "<a href='//evil.example' target=_top>x</a>",
        "<p class='notice bad' id='main'>x</p>",
        "<details ontoggle=alert(1) open>x</details>",
        "[x]: javascript:alert(1)\n[x]",
        "<span class=button hx-get=/desk/ hx-trigger=load>x</span>",
        "<base href=//evil.example>",
        "<meta http-equiv=refresh content=0>",
    ],
)
def test_hostile_html_is_cleaned(hostile):
    html = html_of(hostile).replace(icon("copy"), "").lower()
    for word in (
        "<script",
        "<img",
        "<iframe",
        "<style",
        "<svg",
        "<form",
        "<base",
        "<meta",
        "<input",
        '="javascript:',
        '="data:',
        "style=",
        "hx-",
        "target=",
    ):
        assert word not in html
    for name in (" onerror", " onload", " onmouseover", " ontoggle", 'id="main"', 'class="notice', 'class="button'):
        assert name not in html


def test_headings_stand_below_ours_in_their_order():
    html = html_of("# A\n## B\n#### C\n# A", top=3)
    assert '<h3 id="a">A</h3>' in html
    assert '<h4 id="b">B</h4>' in html
    assert '<h6 id="c">C</h6>' in html
    assert '<h3 id="a-2">A</h3>' in html


def test_code_is_coloured_and_tables_stay():
    html = html_of('```json\n{"a": 1}\n```\n\n| a | b |\n| --- | ---: |\n| 1 | 2 |')
    assert '<span class="nt">"a"</span>' in html or '<span class="nt">&quot;a&quot;</span>' in html
    assert "<td" in html


def test_links_inside_are_replaced_and_unknown_ones_become_text():
    html = html_of(
        "[a](errors.md#x) [b](e://patch) [c](https://c.example) [d](#here) ![e](https://e.example/i.png)",
        link=lambda href: href.replace("errors.md", "/docs/guides/errors/"),
    )
    assert 'href="/docs/guides/errors/#x"' in html
    assert "e://" not in html
    assert "b" in html
    assert 'href="https://e.example/i.png"' in html


def test_plain_words_are_quick_and_safe():
    assert (
        html_of("2 < 3 & 4") == "<p>2 &lt; 3 &amp; 4</p>\n" or html_of("2 < 3 & 4").strip() == "<p>2 &lt; 3 &amp; 4</p>"
    )
    assert html_of("Just words.") == "<p>Just words.</p>"
    assert html_of("") == ""


def test_first_words_and_titles():
    assert plain_of("**Bold** [link](x) `code`\n\nmore") == "Bold link code"
    assert plain_of("a " * 200, 10) == "a a a a a…"
    assert title_and_body("# Errors\n\nText") == ("Errors", "\nText")
    assert title_and_body("No title") == ("", "No title")
