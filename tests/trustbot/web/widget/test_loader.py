"""The loader as it is served: its size, what others may do with it, and addresses that stay good."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import time

import pytest
from starlette.testclient import TestClient

from trustbot.settings import Settings
from trustbot.web.http.caching import FOR_GOOD, STATIC
from trustbot.web.i18n import english, language
from trustbot.web.server import create_app
from trustbot.web.widget.loader import Loader, loader, shortened

MOST_BYTES = 5000


@pytest.fixture
def data(tmp_path):
    return tmp_path / "data"


@pytest.fixture
def client(data, make_bot):
    # Not started: the loader has to be there before there is a bot.
    return TestClient(create_app(Settings(data_dir=data), lambda _: make_bot()))


def raw(client, path):
    with client.stream("GET", path, headers={"Accept-Encoding": "gzip"}) as response:
        assert response.headers["content-encoding"] == "gzip"
        return b"".join(response.iter_raw())


def test_it_weighs_no_more_than_five_kilobytes(client):
    assert 2000 < len(raw(client, "/widget.js")) <= MOST_BYTES
    assert 2000 < len(raw(client, f"/{loader().pinned_name}")) <= MOST_BYTES


def test_every_site_may_load_it_and_asks_again_soon(client):
    response = client.get("/widget.js", headers={"Origin": "https://anywhere.example"})
    assert response.content == loader().content
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cache-control"] == "public, max-age=300, must-revalidate"
    again = client.get("/widget.js", headers={"If-None-Match": response.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["access-control-allow-origin"] == "*"
    assert client.get("/widget.js", headers={"If-None-Match": 'W/"0123"'}).status_code == 200
    head = client.head("/widget.js")
    assert (head.status_code, head.content) == (200, b"")


def test_the_pinned_one_is_what_its_hash_says_and_is_kept_for_good(client):
    response = client.get(f"/{loader().pinned_name}")
    digest = base64.b64encode(hashlib.sha384(response.content).digest()).decode()
    assert loader().integrity == f"sha384-{digest}"
    assert response.headers["cache-control"] == FOR_GOOD
    assert response.headers["access-control-allow-origin"] == "*"


def test_a_script_that_was_pinned_stays_after_the_next_version(client, data):
    client.get(f"/{loader().pinned_name}")
    folder = data / "widget" / "loaders"
    assert [file.name for file in folder.iterdir()] == [loader().pinned_name]
    old = Loader(b"// of an older version\n")
    (folder / old.pinned_name).write_bytes(old.content)
    assert client.get(f"/{old.pinned_name}").content == old.content
    (folder / old.pinned_name).write_bytes(b"// altered\n")
    for name in (old.pinned_name, "widget-0000000000000000.js", "widget-..js", "widget-%2e%2e%2fx.js"):
        response = client.get(f"/{name}")
        assert response.status_code == 404, name
        assert response.headers["content-type"] == "application/problem+json"


def test_a_folder_that_can_not_be_written_is_no_reason_to_refuse(client, data):
    data.parent.mkdir(exist_ok=True)
    data.write_text("not a folder", encoding="utf-8")
    assert client.get(f"/{loader().pinned_name}").content == loader().content


def test_it_speaks_every_language_and_asks_for_words_that_there_are():
    script = loader().content.decode("ascii")
    told = json.loads(re.search(r"WORDS=(\{.*?\}\});", script)[1])
    assert set(told) == set(language.codes())
    assert told["en"] == english.WIDGET_LOADER
    assert all(told["es"][name] not in ("", text) for name, text in english.WIDGET_LOADER.items())
    source = (STATIC / "widget" / "widget.js").read_text(encoding="utf-8")
    asked = set(re.findall(r"words\.(\w+)", source)) | set(re.findall(r'(?:say|fail)\("(\w+)"', source))
    assert asked == set(english.WIDGET_LOADER)


def test_it_needs_nothing_that_a_strict_policy_forbids_and_keeps_nothing():
    script = loader().content.decode("ascii")
    for name in ("eval(", "Function(", "innerHTML", "<style", '"style"', "cookie", "Storage", "indexedDB"):
        assert name not in script, name
    assert "//" not in script
    assert not re.search(r"https?:", script)


def test_what_is_dropped_is_only_what_sets_it_out():
    source = 'const a = (b, c) => {\n  // a comment: "x"\n  return b + " , " + `x\n  // y` + c;\n};\n'
    assert shortened(source) == 'const a=(b,c)=>{return b+" , "+`x\n  // y`+c;};'


def test_the_button_says_what_it_asks_about_once_there_is_a_corpus(data, make_bot):
    bot = make_bot()
    with TestClient(create_app(Settings(data_dir=data), lambda _: bot)) as client:
        wait(client)
        named, pinned = raw(client, "/widget.js"), client.get(f"/{loader().pinned_name}").content
        assert len(named) <= MOST_BYTES
        label = json.dumps(english.WIDGET_ABOUT.format(title=bot.corpus.title))
        assert label.encode("ascii") in client.get("/widget.js").content
        assert label.encode("ascii") not in pinned, "what is pinned is the same on every server"


def wait(client):
    """Until there is a bot."""
    for _ in range(600):
        if client.get("/widget/status").json().get("reason") != "starting":
            return
        time.sleep(0.05)
    raise AssertionError
