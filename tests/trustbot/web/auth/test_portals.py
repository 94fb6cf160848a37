"""`portals.toml`: what is right is read whole, and what is wrong is one sentence with file, entry and mend."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trustbot.errors import InvalidInput
from trustbot.settings import Settings
from trustbot.web.auth.portals import Portals, VisitorRules, load_portals

WHOLE = """
[visitors]
anonymous = false
questions_per_minute = 12

[[portal]]
issuer = "https://portal.example.edu"
secret_file = "portal.secret"

[[portal]]
issuer = "https://keyed.example.edu"
jwks_url = "https://keyed.example.edu/jwks"

[[platform]]
issuer = "https://canvas.example.edu"
client_id = "10000000000001"
authorization_url = "https://SSO.example.edu:443/authorize"
token_url = "https://canvas.example.edu/token"
jwks_file = "canvas.json"
deployments = ["1", "2"]

[platform.personas]
Instructor = "preceptor"
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "portal.secret").write_bytes(b"0123456789 0123456789 0123456789 0123\n")
    (tmp_path / "portal.secret").chmod(0o600)
    (tmp_path / "short.secret").write_bytes(b"0123456789\n")
    (tmp_path / "canvas.json").write_text('{"keys": []}')
    (tmp_path / "large.json").write_bytes(b" " * 300_000)
    return tmp_path


def load(folder, text):
    (folder / "portals.toml").write_text(text, encoding="utf-8")
    return load_portals(folder / "portals.toml")


def test_everything_is_read(folder):
    known = load(folder, WHOLE)
    assert known.visitors == VisitorRules(anonymous=False, questions_per_minute=12)
    first, second = known.portals
    assert first.secret == b"0123456789 0123456789 0123456789 0123"
    assert (second.secret, second.jwks_url) == (None, "https://keyed.example.edu/jwks")
    (platform,) = known.platforms
    assert platform.deployments == ("1", "2")
    assert platform.jwks_file == folder / "canvas.json"
    assert platform.origins == ("https://canvas.example.edu", "https://sso.example.edu")
    assert dict(platform.personas) == {"Instructor": "preceptor"}
    assert known.warnings == ()


def test_no_file_and_an_empty_one_mean_that_anybody_may_ask(folder):
    assert load_portals(folder / "portals.toml") == Portals()
    assert load(folder, "") == Portals()
    assert Portals().visitors == VisitorRules(anonymous=True, questions_per_minute=30)
    assert Settings(data_dir=folder).portals_file == folder / "portals.toml"


def test_whom_to_turn_to_may_stand_in_the_same_file(folder):
    assert load(folder, f'{WHOLE}\n[[safety.contact]]\nname = "Wellness"\n').portals


def test_a_secret_that_others_can_read_is_a_warning(folder):
    (folder / "portal.secret").chmod(0o640)
    (warning,) = load(folder, WHOLE).warnings
    assert warning.endswith(f"Run `chmod 600 {folder / 'portal.secret'}`.")


def test_given_origins_stand_instead_of_those_of_the_platforms_addresses(folder):
    known = load(
        folder, WHOLE.replace("deployments =", 'origins = ["https://*.example.edu", "http://a.test:80"]\ndeployments =')
    )
    assert known.platforms[0].origins == ("https://*.example.edu", "http://a.test")


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("[visitors]", "[visitor]", "the top of the file: `visitor` is not a known key. Remove"),
        ("anonymous =", "anonymus =", "visitors: `anonymus` is not a known key"),
        ("[visitors]", "[corpus.north]\nmany = 1\n[visitors]", "corpus: `north.many` is not a known key"),
        ("[visitors]", "[corpus.north]\nwaiting = -1\n[visitors]", "corpus: `north.waiting` is -1. Make it greater"),
        ("[visitors]", '[corpus.north]\norigins = ["x"]\n[visitors]', "`north.origins.0`: 'x' is not an origin"),
        ("anonymous = false", "anonymous = 0", "visitors: `anonymous` is 0. Make it a valid boolean"),
        ("minute = 12", "minute = 0", "visitors: `questions_per_minute` is 0. Make it greater"),
        ("secret_file =", "secret =", "portal 1 (https://portal.example.edu): `secret` is not a known key"),
        ("portal.secret", "gone.secret", "gone.secret is missing. Add it"),
        ("portal.secret", "short.secret", "the secret in short.secret has 10 bytes. Write one of at least 32"),
        ('secret_file = "portal.secret"', "", "no key to check signatures with. Add `secret_file` or"),
        (
            'secret_file = "portal.secret"',
            'secret_file = "portal.secret"\njwks_file = "canvas.json"',
            "it has both `secret_file` and `jwks_file`. Keep one",
        ),
        ("https://portal.example.edu", "portal.example.edu", "`issuer` is 'portal.example.edu'. Make it an address"),
        ("https://portal.example.edu", "https://me@portal.example.edu", "Make it an address"),
        ("https://portal.example.edu", "https://portal.example.edu:99999", "Make it an address"),
        ("https://portal.example.edu", "trustbot", "Make it an address"),
        ("https://keyed.example.edu/jwks", "http://keyed.example.edu/jwks", "begins with https://"),
        ('issuer = "https://keyed', 'issuer = "https://portal', "portal 2 (https://portal.example.edu): https"),
        ('issuer = "https://canvas.example.edu"\n', "", "platform 1: `issuer` is missing. Add `issuer`."),
        ('client_id = "10000000000001"', "client_id = 10", "(https://canvas.example.edu): `client_id` is 10."),
        ('["1", "2"]', "[]", "`deployments` is empty"),
        ("canvas.json", "large.json", "too large to be a file of keys"),
        ('jwks_file = "canvas.json"', "", "Add `jwks_file` or `jwks_url`"),
        ('= "preceptor"', '= "boss"', "`personas.Instructor` is 'boss'. Make it one of preceptor"),
        ("deployments =", 'origins = ["https://a.edu/x"]\ndeployments =', "`origins.0`: 'https://a.edu/x' is not an"),
        ("[visitors]", '[[safety.contact]]\nname = "A"\nfor = ["all"]\n[visitors]', "contact 1 (A): `for` is 'all'."),
        ("[visitors]", "safety = 1\n[visitors]", "safety: it is 1."),
        ("[visitors]", "[visitors", "the file: it is not valid TOML"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_one_sentence_with_file_entry_and_mend(folder, right, wrong, told):
    assert right in WHOLE
    with pytest.raises(InvalidInput) as caught:
        load(folder, WHOLE.replace(right, wrong, 1))
    assert str(caught.value).startswith(f"{folder / 'portals.toml'}: ")
    assert told in str(caught.value)
    assert str(caught.value).endswith(".")


def test_entries_that_are_no_list_are_not_repeated_since_they_may_hold_a_secret(folder):
    with pytest.raises(
        InvalidInput, match=r"`portal` is not a list of entries\. Begin each entry with \[\[portal\]\]"
    ) as e:
        load(folder, '[portal]\nissuer = "https://a.edu"\nsecret = "do not show"\n')
    assert "do not show" not in str(e.value)


def test_the_same_platform_twice_is_refused_but_not_another_client_of_it(folder):
    platform = WHOLE[WHOLE.index("[[platform]]") :]
    with pytest.raises(InvalidInput, match="platform 2"):
        load(folder, platform * 2)
    assert len(load(folder, platform + platform.replace("0001", "0002")).platforms) == 2


def test_signed_only_without_anybody_who_signs_is_refused(folder):
    with pytest.raises(InvalidInput, match="nobody could ask"):
        load(folder, "[visitors]\nanonymous = false\n")


def test_a_file_that_cannot_be_read_is_one_sentence(folder):
    (folder / "portals.toml").mkdir()
    with pytest.raises(InvalidInput, match="it can't be read"):
        load_portals(folder / "portals.toml")
    (folder / "other.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInput, match="it is not UTF-8"):
        load_portals(folder / "other.toml")


def test_an_address_of_this_machine_needs_no_https(folder):
    for host in ("localhost:8000", "127.0.0.1:8000", "[::1]:8000", "canvas.localhost"):
        assert load(folder, WHOLE.replace("https://keyed.example.edu/jwks", f"http://{host}/jwks")).portals


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.text(max_size=80) | st.sampled_from(WHOLE.splitlines()).flatmap(lambda line: st.just(WHOLE.replace(line, "")))
)
def test_whatever_the_file_holds_it_is_read_or_refused_with_a_sentence(folder, text):
    with contextlib.suppress(InvalidInput):
        load(folder, text.encode("utf-8", "replace").decode())


def test_a_corpus_that_nobody_could_ask_is_a_sentence(tmp_path):
    (tmp_path / "portal.secret").write_text("x" * 40)
    entry = '[[portal]]\nissuer = "https://a.example.edu"\nsecret_file = "portal.secret"\ncorpora = ["south"]\n'
    (tmp_path / "portals.toml").write_text("[corpus.north]\nanonymous = false\n" + entry)
    with pytest.raises(InvalidInput, match=r"corpus\.north: nobody could ask"):
        load_portals(tmp_path / "portals.toml")
