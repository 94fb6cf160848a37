"""Every catalogue has every message, whole, with the gaps of the English one; and the template is up to date."""

from __future__ import annotations

import io
import re
import shutil
import string
from collections import Counter
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from trustbot.presentation import wording
from trustbot.web.i18n import english, language, messages, words

OTHERS = language.codes()[1:]
LETTERS = re.compile(r"[^\W\d_]{2,}")
SAME = {"Markdown", "DOI", "PMID", "SHA-256", "corpus {version}", "{date}, corpus {version}"}
"""Names that are the same everywhere."""


def read(path: Path, code: str | None = None) -> Catalog:
    return read_po(io.BytesIO(path.read_bytes()), locale=code, abort_invalid=True)


def gaps(text: str) -> Counter[str]:
    # What isn't a template of str.format, such as JSON, must then be kept as it is.
    try:
        return Counter(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)
    except ValueError:
        return Counter(re.findall(r"\{.*?\}", text))


def keys(catalog: Catalog) -> set[str]:
    return {language.key(str(entry.id), entry.context) for entry in catalog if entry.id}


EVERY = {language.key(message.text, message.context) for message in messages.messages()}


def test_there_is_spanish():
    assert "es" in OTHERS


def test_the_template_has_every_message_and_names_its_constants():
    template = read(language.LOCALE / "trustbot.pot")
    assert keys(template) == EVERY, "run `make messages`"
    assert not any(entry.string for entry in template if entry.id)
    named = {name for entry in template if entry.id for line in entry.auto_comments for name in line.split(", ")}
    assert named == {name for names in messages.messages().values() for name in names}, "run `make messages`"


def test_every_constant_of_the_screens_is_a_message_or_the_same_everywhere():
    named = {name for names in messages.messages().values() for name in names}
    constants = {name for name, value in vars(english).items() if name.isupper() and value}
    assert constants - named == messages.UNTRANSLATED & constants
    assert named >= messages.APART
    assert {"GREETING", "NOTE_LEAD", "STAGES", "CLOSEST"} <= named & set(vars(wording))


@pytest.mark.parametrize("code", OTHERS)
def test_a_catalogue_is_complete(code):
    catalog = read(language.catalogue_path(code), code)
    assert keys(catalog) == EVERY, "run `make messages`, then translate what is new"
    assert [entry.id for entry in catalog if entry.id and not str(entry.string).strip()] == []
    assert [entry.id for entry in catalog if entry.id and entry.fuzzy] == []
    assert list(catalog.obsolete) == []


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_keeps_the_gaps_and_the_ends(code):
    for entry in read(language.catalogue_path(code), code):
        if entry.id:
            assert gaps(entry.string) == gaps(entry.id), entry.id
            assert entry.string == entry.string.strip(), entry.id
            assert (entry.string[-1] == ":") == (entry.id[-1] == ":"), entry.id
            assert "\n" not in entry.string


@pytest.mark.parametrize("code", OTHERS)
def test_a_translation_is_no_copy_of_the_english_text(code):
    copied = {
        entry.id
        for entry in read(language.catalogue_path(code), code)
        if entry.id == entry.string and LETTERS.search(re.sub(r"\{\w+\}", "", entry.id))
    }
    assert copied <= SAME


def test_spanish_questions_and_exclamations_are_opened():
    for entry in read(language.catalogue_path("es"), "es"):
        if entry.id:
            assert entry.string.count("?") == entry.string.count("¿"), entry.string
            assert "!" not in entry.string
            assert not re.search(r"\b(tú|tu|tus|te|haz|escribe|intenta|puedes)\b", entry.string), "usted"


def test_a_word_is_in_the_language_of_its_reader():
    assert words.SEND == english.SEND == "Ask"
    with language.using("es"):
        assert words.SEND == "Preguntar"
        assert words.AUDIT_COLUMNS[0] == "Afirmación"
        assert words.DOCUMENT_STATES[True] == "Vigente"
        assert words.DOCUMENT_KIND.keys() == english.DOCUMENT_KIND.keys()
        assert words.PRODUCT == english.PRODUCT
        with pytest.raises(AttributeError):
            words.NOTHING_OF_THE_KIND  # noqa: B018
    assert words.SEND == "Ask"


def test_one_english_text_may_have_two_translations():
    assert english.PLACEHOLDER == english.WIDGET_ABOUT
    with language.using("es"):
        assert words.PLACEHOLDER != words.WIDGET_ABOUT


def test_a_language_without_a_catalogue_is_english():
    with language.using("tlh"):
        assert words.SEND == "Ask"
        assert language.catalogue("tlh") == {}


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    folder = tmp_path / "locale"
    shutil.copytree(language.LOCALE, folder)
    return folder


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_refreshing_changes_nothing_where_nothing_changed(copied):
    left = messages.refresh(copied)
    before = {path: path.read_bytes() for path in copied.rglob("*.po*")}
    assert messages.refresh(copied) == left
    assert {path: path.read_bytes() for path in copied.rglob("*.po*")} == before


def test_refreshing_keeps_translations_and_marks_what_changed(copied):
    path = language.catalogue_path("es", copied)
    change(path, 'msgid "Read the article"', 'msgid "Read the whole article"')
    change(path, 'msgid "New conversation"', 'msgid "A message that nothing resembles any more, and long"')
    messages.refresh(copied)
    refreshed = read(path, "es")
    assert refreshed.get("Read the article").string == "Leer el artículo"
    assert refreshed.get("Read the article").fuzzy
    assert "Nueva conversación" in [entry.string for entry in refreshed.obsolete.values()]
    assert refreshed.get("Your question").string == "Su pregunta"


def test_what_is_fuzzy_is_not_shown(copied, monkeypatch):
    change(language.catalogue_path("es", copied), "#. SEND\n", "#. SEND\n#, fuzzy\n")
    monkeypatch.setattr(language, "LOCALE", copied)
    monkeypatch.setattr(language, "catalogue_path", lambda code: copied / code / "LC_MESSAGES" / "trustbot.po")
    language.catalogue.cache_clear()
    try:
        with language.using("es"):
            assert words.SEND == "Ask"
            assert words.YOUR_QUESTION == "Su pregunta"
    finally:
        language.catalogue.cache_clear()


def test_a_new_language_starts_from_an_empty_catalogue(copied):
    path = copied / "pt" / "LC_MESSAGES" / "trustbot.po"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_po(file, Catalog(locale="pt"))
    missing, fuzzy, gone = messages.refresh(copied)["pt"]
    assert (missing, fuzzy, gone) == (len(EVERY), 0, 0)
    assert keys(read(path, "pt")) == EVERY


def test_the_catalogues_are_parts_of_the_package():
    assert language.LOCALE.is_relative_to(Path(language.__file__).parent)
    assert (language.LOCALE / "trustbot.pot").is_file()
