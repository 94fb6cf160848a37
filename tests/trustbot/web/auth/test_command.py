"""`trustbot token`."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from trustbot.cli import main
from trustbot.web.auth.portals import load_portals
from trustbot.web.auth.tokens import Verifier

PAGE = Path(__file__).resolve().parents[4] / "docs" / "portal.md"
ISSUER, KEYED, FAR = "https://portal.example.edu", "https://keyed.example.edu", "https://far.example.edu"


@pytest.fixture
def folder(tmp_path, monkeypatch, secret, publish, rsa_pair, ec_pair):
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(tmp_path))
    (tmp_path / "portal.secret").write_bytes(secret + b"\n")
    (tmp_path / "portal.secret").chmod(0o600)
    (tmp_path / "keys.json").write_bytes(publish(rsa_pair, ec_pair))
    (tmp_path / "portals.toml").write_text(
        f'[[portal]]\nissuer = "{ISSUER}"\nsecret_file = "portal.secret"\n'
        f'[[portal]]\nissuer = "{KEYED}"\njwks_file = "keys.json"\n'
        f'[[portal]]\nissuer = "{FAR}"\njwks_url = "https://far.example.edu/keys"\n'
    )
    for pair in (rsa_pair, ec_pair):
        (tmp_path / f"{pair.id}.pem").write_bytes(pair.pem)
    return tmp_path


def visitor(folder, token, corpus="preceptor-trust"):
    return Verifier(load_portals(folder / "portals.toml"), corpus).visitor(token)


def test_it_prints_a_token_and_nothing_else(folder, capsys):
    assert main(["token", "--issuer", ISSUER, "--visitor", "abc", "--persona", "resident", "--minutes", "2"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert told.out.count("\n") == 1
    found = visitor(folder, told.out.strip())
    assert (found.id, found.issuer, found.persona) == ("abc", ISSUER, "resident")


def test_a_token_for_another_corpus(folder, capsys):
    assert main(["token", "--issuer", ISSUER, "--corpus", "other"]) == 0
    assert visitor(folder, capsys.readouterr().out.strip(), "other").id == "test"


@pytest.mark.parametrize("name", ["rsa-1", "ec-1"])
def test_a_private_key_signs_under_the_id_of_its_public_half(folder, capsys, name):
    assert main(["token", "--issuer", KEYED, "--key", str(folder / f"{name}.pem")]) == 0
    assert visitor(folder, capsys.readouterr().out.strip()).issuer == KEYED


def test_a_key_that_is_published_at_an_address_is_named(folder, capsys):
    import jwt

    assert main(["token", "--issuer", FAR, "--key", str(folder / "ec-1.pem"), "--key-id", "k9"]) == 0
    header = jwt.get_unverified_header(capsys.readouterr().out.strip())
    assert (header["alg"], header["kid"]) == ("ES256", "k9")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--issuer", "https://nobody.example.edu"], "has no [[portal]] with the issuer https://nobody.example.edu"),
        (["--issuer", KEYED], "--key FILE"),
        (["--issuer", KEYED, "--key", "missing.pem"], "missing.pem can't be read"),
        (["--issuer", KEYED, "--key", "portals.toml"], "holds no private key"),
        (["--issuer", KEYED, "--key", "stranger.pem"], "is not in"),
        (["--issuer", ISSUER, "--key", "ec-1.pem"], "Leave out --key"),
        (["--issuer", ISSUER, "--minutes", "16"], "1 to 15 minutes"),
        (["--issuer", ISSUER, "--minutes", "0"], "1 to 15 minutes"),
        (["--issuer", ISSUER, "--visitor", "jane@example.edu"], "no e-mail address"),
        (["--issuer", ISSUER, "--persona", "boss"], "none of preceptor"),
    ],
)
def test_what_cannot_be_signed_is_one_sentence(folder, capsys, monkeypatch, new_pair, arguments, told):
    monkeypatch.chdir(folder)
    (folder / "stranger.pem").write_bytes(new_pair("stranger").pem)
    assert main(["token", *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("trustbot: ")
    assert told in shown.err
    assert "Traceback" not in shown.err


def test_without_a_file_it_says_which_one_to_write(folder, capsys):
    (folder / "portals.toml").unlink()
    assert main(["token", "--issuer", ISSUER]) == 2
    assert f"There is no {folder / 'portals.toml'}" in capsys.readouterr().err


def test_a_set_that_is_none_is_one_sentence(folder, capsys):
    (folder / "keys.json").write_text(json.dumps({"keys": []}))
    assert main(["token", "--issuer", KEYED, "--key", str(folder / "ec-1.pem")]) == 2
    assert "it holds no public key" in capsys.readouterr().err


def test_the_example_of_a_portal_signs_a_token_that_holds(folder, secret):
    (example,) = re.findall(r"```python\n(import hashlib.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    portal: dict[str, Any] = {}
    exec(example, portal)
    first, same, other = (portal["visitor_token"](user, secret) for user in ("jane", "jane", "joe"))
    assert visitor(folder, first).id == visitor(folder, same).id != visitor(folder, other).id
    assert visitor(folder, first).persona == "resident"
