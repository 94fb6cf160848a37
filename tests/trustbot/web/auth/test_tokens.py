"""Visitors' tokens: what a portal signs is taken, and nothing else is; nobody's name is."""

from __future__ import annotations

import base64
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from trustbot.errors import InvalidInput, StorageError
from trustbot.web.auth import claims
from trustbot.web.auth.portals import Portal, Portals
from trustbot.web.auth.tokens import RENEWABLE, Signer, Verifier, mint, own_issuer
from trustbot.web.http.problems import TokenRefused

ISSUER, CORPUS = "https://portal.example.edu", "preceptor-trust"
KEYED = "https://keyed.example.edu"


@pytest.fixture(scope="module")
def verifier(secret, rsa_pair, ec_pair, publish, tmp_path_factory):
    folder = tmp_path_factory.mktemp("portals")
    (folder / "keys.json").write_bytes(publish(rsa_pair, ec_pair))
    known = Portal(ISSUER, secret), Portal(KEYED, jwks_file=folder / "keys.json")
    return Verifier(Portals(portals=known), CORPUS, own_issuer(folder))


def refused(verifier, token, kind="invalid"):
    with pytest.raises(TokenRefused) as caught:
        verifier.visitor(token)
    assert caught.value.kind == kind
    assert caught.value.http_status == (403 if kind == "corpus" else 401)
    return str(caught.value)


def part(value):
    return written(json.dumps(value).encode())


def written(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def signed(header, body, key):
    """A token that no library helped to write: none would sign such things."""
    told = f"{part(header)}.{part(body)}"
    return f"{told}.{written(hmac.digest(key, told.encode(), 'sha256'))}"


def test_a_token_of_a_shared_secret_names_its_visitor(verifier, sign):
    visitor = verifier.visitor(sign(persona="resident", jti="1", nbf=time.time() - 5, auth_time=time.time()))
    assert (visitor.id, visitor.issuer, visitor.corpus, visitor.persona) == ("v-17", ISSUER, CORPUS, "resident")
    assert 0 < visitor.expires - time.time() <= 900


def test_a_token_of_a_private_key_names_its_visitor(verifier, rsa_pair, ec_pair):
    assert verifier.visitor(rsa_pair.sign(iss=KEYED, aud=["trustbot"])).issuer == KEYED
    assert verifier.visitor(ec_pair.sign(iss=KEYED)).persona is None


def test_a_minted_token_holds(verifier, secret):
    visitor = verifier.visitor(mint(Signer(ISSUER, secret), "abc", CORPUS, "preceptor", 60))
    assert (visitor.id, visitor.persona) == ("abc", "preceptor")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"aud": "another"}, "`aud` is not “trustbot”"),
        ({"aud": ["trustbot", "another"]}, "`aud` is not “trustbot”"),
        ({"aud": None}, "`aud` is missing"),
        ({"sub": None}, "`sub` is missing"),
        ({"corpus": None}, "`corpus` is missing"),
        ({"iat": None}, "`iat` is missing"),
        ({"exp": None}, "`exp` is missing"),
        ({"iss": None}, "`iss` is missing"),
        ({"iss": "https://nobody.example.edu"}, "https://nobody.example.edu is not in portals.toml"),
        ({"iat": time.time() + 7200, "exp": time.time() + 7260}, "clocks"),
        ({"nbf": time.time() + 7200}, "clocks"),
        ({"exp": time.time() + 7200}, "more than 15 minutes"),
        ({"iat": "yesterday"}, "`iat` is not what it has to be"),
        ({"iat": True}, "`iat` is not what it has to be"),
        ({"corpus": ["preceptor-trust"]}, "`corpus` is not what it has to be"),
        ({"jti": 5}, "`jti` is not what it has to be"),
        ({"jti": "Jane Doe"}, "`jti` is not what it has to be"),
        ({"nbf": "Jane Doe"}, "not a signed token"),
        ({"auth_time": "Jane Doe"}, "`auth_time` is not what it has to be"),
        ({"auth_time": {"name": "Jane Doe"}}, "`auth_time` is not what it has to be"),
        ({"sub": 5}, "`sub` is not what it has to be"),
        ({"sub": "jane@example.edu"}, "no e-mail address"),
        ({"sub": "Jane Doe"}, "no name"),
        ({"sub": "x" * 256}, "an id"),
        ({"persona": "boss"}, "none of preceptor, medical student"),
        ({"persona": ["resident"]}, "none of preceptor, medical student"),
        ({"note": "x" * 5000}, "not a signed token"),
    ],
)
def test_claims_that_are_not_as_they_have_to_be_are_refused_with_what_to_mend(verifier, sign, change, told):
    sentence = refused(verifier, sign(**change))
    assert told in sentence
    assert sentence.endswith("Whoever runs the portal can mend it.")


@pytest.mark.parametrize(
    "claim",
    "name email given_name family_name preferred_username picture givenName e-mail upn phone_number urn:oid:mail "
    "https://portal.example.edu/claims/email user_email student_name mrn ssn dob user ver Sub".split(),
)
@pytest.mark.parametrize("value", ["x", {"name": "Jane Doe"}, None])
def test_a_token_holds_what_is_needed_and_nothing_else(verifier, secret, claim, value):
    now = int(time.time())
    told = {"iss": ISSUER, "aud": "trustbot", "sub": "v-17", "corpus": CORPUS, "iat": now, "exp": now + 60}
    sentence = refused(verifier, signed({"alg": "HS256", "typ": "JWT"}, {**told, claim: value}, secret))
    assert f"it carries `{claim}`" in sentence
    assert "it may hold iss, aud, sub, corpus, iat, exp, persona, nbf, jti, auth_time, and nothing else." in sentence


@given(st.text(min_size=1, max_size=30))
def test_a_claim_of_any_other_name_is_refused(name):
    told = {"iss": ISSUER, "aud": "trustbot", "sub": "v", "corpus": CORPUS, "iat": 1, "exp": 2}
    if name in claims.ALLOWED:
        return
    with pytest.raises(TokenRefused, match="and nothing else"):
        claims.visitor_of({**told, name: 1}, CORPUS)


def test_a_token_for_another_corpus_says_which_one_is_served(verifier, sign):
    sentence = refused(verifier, sign(corpus="another"), "corpus")
    assert sentence == "The token of this visit is for the corpus another; this server answers from preceptor-trust."


def test_an_expired_token_is_told_apart_so_that_a_page_can_get_a_new_one(verifier, sign):
    now = int(time.time())
    refused(verifier, sign(iat=now - 1000, exp=now - 100), "expired")
    # The clocks of two servers differ by seconds.
    assert verifier.visitor(sign(iat=now - 800, exp=now - 5))


def test_a_signature_of_another_key_is_refused(verifier, sign, new_pair, rsa_pair):
    assert "signature" in refused(verifier, sign(key=b"another secret, which is long enough as well"))
    assert "no key" in refused(verifier, new_pair("unknown").sign(iss=KEYED))
    assert "signature" in refused(verifier, new_pair("ec-1").sign(iss=KEYED))
    assert "no key" in refused(verifier, sign(key=rsa_pair.private, algorithm="RS256", iss=KEYED))  # which of two keys?


def test_no_algorithm_but_the_keys_own_is_taken(verifier, sign, secret, rsa_pair, ec_pair):
    now = int(time.time())
    body = {"iss": ISSUER, "aud": "trustbot", "sub": "v", "corpus": CORPUS, "iat": now, "exp": now + 60}
    for name in ("none", "None", "nOnE"):
        for issuer in (ISSUER, KEYED):
            bare = f"{part({'alg': name, 'typ': 'JWT'})}.{part({**body, 'iss': issuer})}."
            refused(verifier, bare)
            refused(verifier, bare + "AA")
    assert "signed with HS512, where HS256" in refused(verifier, sign(key=secret * 2, algorithm="HS512"))
    assert "signed with RS256, where HS256" in refused(verifier, rsa_pair.sign())
    # The public key, which everybody knows, as if it were a shared secret.
    public = ec_pair.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    for key in (public, public.strip(), json.dumps(ec_pair.jwk).encode()):
        forged = signed({"alg": "HS256", "kid": "ec-1"}, {**body, "iss": KEYED}, key)
        assert "signed with HS256, where RS256 / ES256" in refused(verifier, forged)
    head, payload = part({"alg": "RS256", "kid": "ec-1"}), part({**body, "iss": KEYED})
    assert "signed with RS256, where ES256" in refused(verifier, f"{head}.{payload}.AAAA")


def test_a_token_brings_no_key_of_its_own(verifier, sign, new_pair):
    own = new_pair("mine")
    headers = {
        "kid": "mine",
        "jwk": own.jwk,
        "jku": "https://elsewhere.example/keys",
        "x5u": "https://elsewhere.example/",
    }
    refused(verifier, sign(key=own.private, algorithm="ES256", iss=KEYED, headers=headers))
    refused(verifier, sign(headers={"crit": ["b64"], "b64": False}))
    refused(verifier, sign(headers={"crit": ["other"], "other": 1}))


@given(st.text(max_size=60) | st.builds(lambda *p: ".".join(p), *[st.text("abcdefgh_-=eyJ", max_size=30)] * 3))
def test_whatever_comes_is_refused_and_breaks_nothing(verifier, given_text):
    refused(verifier, given_text)


@settings(max_examples=200)
@given(data=st.data())
def test_a_token_that_was_changed_anywhere_is_refused(verifier, sign, data):
    whole = sign()
    place = data.draw(st.integers(0, len(whole) - 2))
    letter = data.draw(st.sampled_from("abcXYZ019-_."))
    if letter == whole[place] or whole[place + 1 :].count(".") == 0:  # the last characters' spare bits mean nothing
        return
    with pytest.raises(TokenRefused):
        verifier.visitor(whole[:place] + letter + whole[place + 1 :])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from([*claims.REQUIRED, "persona", "nbf", "jti", "auth_time"]), JSON, max_size=4))
def test_claims_of_any_shape_give_a_visitor_or_a_refusal(verifier, secret, changed):
    now = int(time.time())
    body = {"iss": ISSUER, "aud": "trustbot", "sub": "v", "corpus": CORPUS, "iat": now, "exp": now + 60, **changed}
    try:
        visitor = verifier.visitor(signed({"alg": "HS256"}, body, secret))
    except TokenRefused:
        return
    assert isinstance(visitor.id, str)
    assert visitor.corpus == CORPUS


def test_a_file_of_keys_that_cannot_be_used_is_one_sentence(tmp_path, rsa_pair):
    file = tmp_path / "keys.json"
    oct_key = {"kty": "oct", "k": "c2VjcmV0", "kid": "1"}
    writer = jwt.algorithms.RSAAlgorithm
    private = writer.to_jwk(rsa_pair.private, as_dict=True)
    for text in ("[]", "{", json.dumps({"keys": "none"}), json.dumps({"keys": [oct_key, private, 5]})):
        file.write_text(text)
        with pytest.raises(InvalidInput, match=r"keys\.json, the keys of https://keyed\.example\.edu: it .*\. Put"):
            Verifier(Portals(portals=(Portal(KEYED, jwks_file=file),)), CORPUS)


def test_this_server_signs_visitors_whom_it_let_in_itself(tmp_path):
    own = own_issuer(tmp_path)
    verifier = Verifier(Portals(), CORPUS, own)
    token = own.mint("platform:17", CORPUS, "resident")
    assert verifier.visitor(token).issuer == "trustbot"
    key = tmp_path / "widget" / "visitor.key"
    assert key.stat().st_mode & 0o777 == 0o600
    # Another process on the same folder has the same key, and no other folder has.
    assert Verifier(Portals(), CORPUS, own_issuer(tmp_path)).visitor(token).id == "platform:17"
    assert "signature" in refused(Verifier(Portals(), CORPUS, own_issuer(tmp_path / "other")), token)
    assert not (tmp_path / "other").exists()
    assert "not in portals.toml" in refused(Verifier(Portals(), CORPUS), token)


def test_its_own_tokens_are_renewed_for_a_working_day(tmp_path):
    own, now = own_issuer(tmp_path), int(time.time())
    verifier = Verifier(Portals(), CORPUS, own)
    own.mint("v", CORPUS)
    key = (tmp_path / "widget" / "visitor.key").read_bytes()

    def issued(begun, iat, **more):
        told = {
            "iss": "trustbot",
            "aud": "trustbot",
            "sub": "v",
            "corpus": CORPUS,
            "iat": iat,
            "exp": iat + 900,
            **more,
        }
        return jwt.encode({**told, "auth_time": begun} if begun is not None else told, key, algorithm="HS256")

    old = issued(now - 7000, now - 2000, persona="resident")
    refused(verifier, old, "expired")
    visitor, renewed = verifier.renew(old)
    assert (visitor.id, visitor.persona, visitor.expires) == ("v", "resident", now - 1100)
    again = verifier.visitor(renewed)
    assert (again.id, again.persona) == ("v", "resident")
    assert now + 900 <= again.expires <= time.time() + 900
    assert jwt.decode(renewed, options={"verify_signature": False})["auth_time"] == now - 7000
    almost = verifier.renew(issued(now - RENEWABLE + 60, now - 2000))[1]
    assert verifier.visitor(almost).expires - now <= 61
    with pytest.raises(TokenRefused) as late:
        verifier.renew(issued(now - RENEWABLE - 1, now - 2000))
    assert late.value.kind == "expired"
    with pytest.raises(TokenRefused, match="`auth_time` is missing"):
        verifier.renew(issued(None, now))


def test_no_other_issuers_token_is_renewed(verifier, sign, tmp_path):
    with pytest.raises(TokenRefused, match="only its issuer can renew it"):
        verifier.renew(sign())
    with pytest.raises(TokenRefused, match="only its issuer can renew it"):
        Verifier(Portals(), CORPUS).renew(own_issuer(tmp_path).mint("v", CORPUS))


def test_a_key_that_cannot_be_kept_is_one_sentence(tmp_path):
    (tmp_path / "widget").write_text("a file where the folder should be")
    with pytest.raises(StorageError, match=r"visitor\.key can't be"):
        own_issuer(tmp_path).mint("v", CORPUS)
    damaged = tmp_path / "damaged"
    (damaged / "widget").mkdir(parents=True)
    (damaged / "widget" / "visitor.key").write_bytes(b"short")
    with pytest.raises(StorageError, match=r"is damaged\. Delete it"):
        own_issuer(damaged).mint("v", CORPUS)


def test_an_id_that_would_be_refused_is_not_signed(tmp_path):
    with pytest.raises(TokenRefused, match="no e-mail address"):
        own_issuer(tmp_path).mint("jane@example.edu", CORPUS)


def test_nothing_shows_a_secret(secret, rsa_pair):
    shown = repr((Portal(ISSUER, secret), Signer(ISSUER, rsa_pair.pem)))
    assert secret.decode() not in shown
    assert "PRIVATE" not in shown
