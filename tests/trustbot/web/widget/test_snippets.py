"""What a portal pastes: it can be parsed, holds its values whole, and names what a strict policy must allow."""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trustbot.errors import InvalidInput
from trustbot.web.i18n import language
from trustbot.web.widget.loader import loader
from trustbot.web.widget.snippets import FORMS, OPTIONS, public_address, snippet

SERVER = "https://trust.example.edu/tools/trustbot"
ORIGIN = "https://trust.example.edu"
NASTY = "\"><script>alert(1)</script> & 'x' `y`"


def tags(html):
    found = []

    class Parser(HTMLParser):
        def handle_starttag(self, tag, attributes):
            found.append((tag, dict(attributes)))

        def handle_data(self, data):
            assert not data.strip(), data

    Parser().feed(html)
    return found


def test_the_tag():
    made = snippet("script", SERVER + "/", "trust")
    assert tags(made.html) == [
        (
            "script",
            {
                "src": f"{SERVER}/{loader().pinned_name}",
                "integrity": loader().integrity,
                "crossorigin": "anonymous",
                "data-corpus": "trust",
                "async": None,
            },
        )
    ]
    assert made.directives == {"script-src": ORIGIN, "frame-src": ORIGIN, "connect-src": ORIGIN}


def test_the_newest_script_without_a_hash():
    made = snippet("script", SERVER, "trust", {"theme": "dark", "label": ""}, integrity=False)
    told = {"src": f"{SERVER}/widget.js", "data-corpus": "trust", "data-theme": "dark", "async": None}
    assert tags(made.html) == [("script", told)]


def test_the_element_and_its_script():
    made = snippet("element", SERVER, "trust", {"height": "500"})
    element, script = tags(made.html)
    assert element == ("trustbot-chat", {"data-mode": "inline", "data-corpus": "trust", "data-height": "500"})
    # With a corpus of its own, the script would bring a launcher as well.
    assert set(script[1]) == {"src", "integrity", "crossorigin", "async"}


@pytest.mark.parametrize(("code", "path"), [("", ""), ("es", "/es"), ("xx", "")])
def test_the_bare_frame(code, path):
    options = {"lang": code, "theme": "dark", "accent": "#0b5c5a", "persona": "resident", "question": "Why & how?"}
    made = snippet("iframe", SERVER, "trust", options)
    [(tag, told)] = tags(made.html)
    parts = urlsplit(told["src"])
    assert (tag, f"{parts.scheme}://{parts.netloc}{parts.path}") == ("iframe", f"{SERVER}{path}/widget")
    asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
    said = {"theme": "dark", "accent": "#0b5c5a", "persona": "resident", "q": "Why & how?"}
    assert asked == {"corpus": "trust", **said}
    assert told["title"] == ("Hacer una pregunta" if path else "Ask a question")
    assert made.directives == {"frame-src": ORIGIN}


@given(st.sampled_from(FORMS), st.dictionaries(st.sampled_from(OPTIONS), st.text(min_size=1, max_size=30)))
def test_no_value_gets_out_of_its_attribute(form, options):
    found = tags(snippet(form, SERVER, NASTY, {**options, "label": NASTY}).html)
    assert [tag for tag, _ in found] in (["script"], ["trustbot-chat", "script"], ["iframe"])
    assert NASTY in found[0][1].values()


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ("https://a.example", "https://a.example/"),
        (" http://127.0.0.1:7860/ ", "http://127.0.0.1:7860/"),
        ("http://[::1]:80/x//", "http://[::1]:80/x/"),
    ],
)
def test_an_address(given, address):
    assert public_address(given) == address


@pytest.mark.parametrize(
    "given",
    ["", "trust.example.edu", "ftp://a.example", "https://", "https://u:p@a.example", "https://a.example?x=1",
     "https://a.example/#x", "https://a-->b.example", 'https://a".example', "https://[a", "https://a:0", "https://a:x"],
)  # fmt: skip
def test_an_address_that_is_none(given):
    with pytest.raises(InvalidInput, match="is not the address of a server"):
        public_address(given)


def test_an_option_that_is_not_there():
    with pytest.raises(InvalidInput, match="no option 'colour'"):
        snippet("script", SERVER, "trust", {"colour": "red"})


def test_the_readers_language_stays_as_it_was():
    snippet("iframe", SERVER, "trust", {"lang": "es"})
    assert language.current() == "en"
