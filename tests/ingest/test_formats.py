"""Formats: one article reads the same in each of them, and what is no text for readers is in none."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.manifest import DocumentEntry
from ingest.media import MEDIA_TYPES, UNKNOWN
from ingest.parsers import ReadDocument, read_document
from trustbot.errors import InvalidInput
from trustbot.text.sentences import split_sentences

TITLE = "Hand hygiene on the ward"
ARTICLE: tuple[tuple[str, object], ...] = (
    ("h2", "When to wash"),
    ("p", "Staff wash their hands before they touch a patient. They wash again after they leave the room."),
    ("p", "The office keeps a fluid balance sheet for every bed, and difficult cases are flagged on it in yellow."),
    ("h3", "Exceptions"),
    ("li", "Gloves do not replace washing."),
    ("li", "A visitor may use the dispenser at the door."),
    ("h2", "Numbers to call"),
    ("table", (("Ward", "Phone"), ("North", "4101"), ("South", "4102"))),
    ("p", "The switchboard connects all other calls at night."),
)


def markdown() -> bytes:
    marks = {"h2": "## ", "h3": "### ", "li": "- ", "p": ""}
    lines = [f"# {TITLE}"]
    for kind, said in ARTICLE:
        if kind == "table":
            head, *rows = said  # type: ignore[misc]
            lines.append("\n".join(f"| {' | '.join(r)} |" for r in (head, ("---", "---"), *rows)))
        else:
            lines.append(f"{marks[kind]}{said}")
    return "\n\n".join(lines).encode()


def html() -> bytes:
    return f"<!doctype html><title>x</title><nav>Home</nav><main>{_body()}</main><footer>Imprint</footer>".encode()


def _body() -> str:
    said = [f"<h1>{TITLE}</h1>"]
    for kind, what in ARTICLE:
        if kind == "table":
            rows = "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in row)}</tr>" for row in what)  # type: ignore[attr-defined]
            said.append(f"<table>{rows}</table>")
        else:
            said.append(f"<ul><li>{what}</li></ul>" if kind == "li" else f"<{kind}>{what}</{kind}>")
    return "".join(said)


def docx() -> bytes:
    from docx import Document

    document, target = Document(), BytesIO()
    document.add_heading(TITLE, 1)
    for kind, said in ARTICLE:
        if kind == "table":
            table = document.add_table(rows=0, cols=2)
            for row in said:  # type: ignore[attr-defined]
                for cell, value in zip(table.add_row().cells, row, strict=True):
                    cell.text = value
        elif kind.startswith("h"):
            document.add_heading(said, int(kind[1]))
        else:
            document.add_paragraph(said, style="List Bullet" if kind == "li" else None)
    document.save(target)
    return target.getvalue()


def epub() -> bytes:
    target = BytesIO()
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata/><manifest><item id="n" href="nav.xhtml" '
        'properties="nav" media-type="application/xhtml+xml"/><item id="c" href="c.xhtml" '
        'media-type="application/xhtml+xml"/></manifest>'
        '<spine><itemref idref="n"/><itemref idref="c"/></spine></package>'
    )
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("mimetype", "application/epub+zip")
        archive.writestr(
            "META-INF/container.xml", '<container><rootfiles><rootfile full-path="b/p.opf"/></rootfiles></container>'
        )
        archive.writestr("b/p.opf", package)
        archive.writestr("b/nav.xhtml", "<html><body><h1>Contents</h1></body></html>")
        archive.writestr("b/c.xhtml", f"<html><body>{_body()}</body></html>")
    return target.getvalue()


def jats() -> bytes:
    said, depth = [], 1
    for kind, what in ARTICLE:
        if kind.startswith("h"):
            said.append("</sec>" * (depth - int(kind[1]) + 1) + f"<sec><title>{what}</title>")
            depth = int(kind[1])
        elif kind == "table":
            rows = "".join(f"<tr>{''.join(f'<td>{c}</td>' for c in row)}</tr>" for row in what)  # type: ignore[attr-defined]
            said.append(f"<table-wrap><table>{rows}</table></table-wrap>")
        else:
            said.append(f"<list><list-item><p>{what}</p></list-item></list>" if kind == "li" else f"<p>{what}</p>")
    meta = f"<article-meta><title-group><article-title>{TITLE}</article-title></title-group></article-meta>"
    references = (
        "<back><ref-list><title>References</title><ref><mixed-citation>A. B.</mixed-citation></ref></ref-list></back>"
    )
    body = "".join(said) + "</sec>" * (depth - 1)
    return f"<article><front>{meta}</front><body>{body}</body>{references}</article>".encode()


def reportlab_pdf() -> bytes:
    from reportlab.lib.colors import black
    from reportlab.lib.styles import getSampleStyleSheet
    from reportlab.platypus import ListFlowable, Paragraph, SimpleDocTemplate, Table

    styles, target = getSampleStyleSheet(), BytesIO()
    flow: list[object] = [Paragraph(TITLE, styles["Heading1"])]
    for kind, said in ARTICLE:
        if kind == "table":
            flow.append(Table([list(row) for row in said], style=[("GRID", (0, 0), (-1, -1), 1, black)]))  # type: ignore[attr-defined]
        elif kind == "li":
            flow.append(ListFlowable([Paragraph(said, styles["BodyText"])], bulletType="bullet"))
        else:
            flow.append(Paragraph(said, styles[f"Heading{kind[1]}" if kind != "p" else "BodyText"]))
    SimpleDocTemplate(target).build(flow)
    return target.getvalue()


def fpdf_pdf() -> bytes:
    from fpdf import FPDF

    pdf = FPDF()
    pdf.add_page()
    for kind, said in (("h1", TITLE), *ARTICLE):
        if kind.startswith("h"):
            pdf.set_font("Helvetica", "B", {"1": 22, "2": 16, "3": 13}[kind[1]])
            pdf.multi_cell(0, 10, said, new_x="LMARGIN", new_y="NEXT")
            continue
        pdf.set_font("Helvetica", "", 11)
        if kind == "table":
            with pdf.table() as table:
                for line in said:  # type: ignore[attr-defined]
                    row = table.row()
                    for cell in line:
                        row.cell(cell)
        else:
            pdf.multi_cell(0, 5.5, f"- {said}" if kind == "li" else said, new_x="LMARGIN", new_y="NEXT")
        pdf.ln(3)
    return bytes(pdf.output())


def pptx() -> bytes:
    from pptx import Presentation

    presentation, target = Presentation(), BytesIO()
    for title, lines in (("Washing", ["Before a patient", "After the room"]), ("Calls", ["Ward North has 4101"])):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = "\n".join(lines)
        slide.notes_slide.notes_text_frame.text = f"Say more on {title.lower()}."
    presentation.save(target)
    return target.getvalue()


FORMATS: dict[str, Callable[[], bytes]] = {
    "a.md": markdown,
    "a.html": html,
    "a.docx": docx,
    "a.epub": epub,
    "a.xml": jats,
    "reportlab.pdf": reportlab_pdf,
    "fpdf.pdf": fpdf_pdf,
    "a.txt": html,  # a page that was saved under the name of a text
}


def read(folder: Path, name: str, data: bytes, media_type: str = "") -> ReadDocument:
    path = folder / name
    path.write_bytes(data)
    declared = media_type or MEDIA_TYPES.get(path.suffix, UNKNOWN)
    return read_document(DocumentEntry("d", "s", "full text", "Title", declared, "own", path, {}))


def sentences(found: ReadDocument) -> Iterator[tuple[tuple[str, ...], str]]:
    for section in found.sections:
        assert found.document.text[section.start : section.start + len(section.text)] == section.text
        for start, end in split_sentences(section.text):
            for line in section.text[start:end].split("\n"):
                yield section.headings, line.removeprefix("- ")


@pytest.mark.parametrize("name", [n for n in FORMATS if n != "a.md"])
def test_one_article_has_the_same_headings_and_sentences_in_every_format(tmp_path: Path, name: str) -> None:
    wanted = list(sentences(read(tmp_path, "a.md", markdown())))
    assert (("When to wash", "Exceptions"), "Gloves do not replace washing.") in wanted
    assert list(sentences(read(tmp_path, name, FORMATS[name]()))) == wanted


def test_slides_have_titles_items_notes_and_numbers(tmp_path: Path) -> None:
    found = read(tmp_path, "a.pptx", pptx())
    assert found.document.text == (
        "## Washing\n\n- Before a patient\n- After the room\n\nSay more on washing.\n\n"
        "## Calls\n\nWard North has 4101\n\nSay more on calls.\n"
    )
    assert found.document.page_of(found.document.text.index("4101")) == 2


def test_a_row_of_a_table_says_what_its_values_are(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", "Ward;Phone;Nurse\nNorth;4101;\nSüd;4102;Ms. Ürün\n".encode("cp1252"))
    assert found.document.text == "Ward: North; Phone: 4101.\n\nWard: Süd; Phone: 4102; Nurse: Ms. Ürün.\n"
    assert found.notes == ("read as Windows-1252, such as “Süd;4102;Ms”",) or "Windows-1252" in found.notes[0]


def test_pubmed_records_are_read(tmp_path: Path) -> None:
    record = (
        "<PubmedArticleSet><PubmedArticle><MedlineCitation><Article><ArticleTitle>On trust.</ArticleTitle><Abstract>"
        '<AbstractText Label="RESULTS">Nurses trust <i>slowly</i>.</AbstractText></Abstract></Article>'
        "</MedlineCitation>"
        "</PubmedArticle></PubmedArticleSet>"
    )
    found = read(tmp_path, "a.xml", record.encode())
    assert [(s.headings, s.text) for s in found.sections] == [(("Results",), "Nurses trust slowly.")]


def test_reference_marks_of_an_article_are_dropped_if_raised_and_kept_if_printed(tmp_path: Path) -> None:
    body = (
        '<article><body><p>Trust grows<sup><xref ref-type="bibr">1</xref></sup>. It fades '
        '[<xref ref-type="bibr">2</xref>]. '
        'As <xref ref-type="bibr">Lee (2019)</xref> says.</p></body></article>'
    )
    assert read(tmp_path, "a.xml", body.encode()).document.text == "Trust grows. It fades [2]. As Lee (2019) says.\n"


PAGE = """<html><head><title>t</title><style>p {}</style></head><body>
<header><ul><li><a href=/>Start</a></li></ul></header>
<ul><li><a href=/a>About us</a></li><li><a href=/b>Contact</a></li><li><a href=/c>Imprint</a></li></ul>
<h1>Visits</h1><script>var x = "Visitors pay.";</script><p>Visitors come<br>at   two<sup><a href="#n1">1</a></sup>.</p>
<p hidden>Secret.</p><div style="display: none">Hidden.</div><p aria-hidden="true">Unseen.</p><!-- Withdrawn. -->
<dl><dt>Gate</dt><dd>North</dd></dl><ol><li><p>First</p></li><li>Second<ul><li>Inner</li></ul></li></ol>
<p>They pay <del>ten</del> five euros.</p><aside>Advertisement</aside><footer>Imprint</footer></body></html>"""


def test_a_page_is_what_its_reader_sees(tmp_path: Path) -> None:
    assert read(tmp_path, "a.html", PAGE.encode()).document.text == (
        "# Visits\n\nVisitors come\nat two.\n\nGate: North\n\n1. First\n2. Second\n  - Inner\n\nThey pay five euros.\n"
    )


def test_a_page_is_read_in_the_encoding_that_it_declares(tmp_path: Path) -> None:
    page = '<meta charset="iso-8859-2"><p>Łódź</p>'.encode("iso-8859-2")
    assert read(tmp_path, "a.html", page).document.text == "Łódź\n"


def test_hidden_and_deleted_words_of_word_are_no_text(tmp_path: Path) -> None:
    from docx import Document
    from docx.oxml import parse_xml

    space = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
    document, target = Document(), BytesIO()
    document.add_heading("Rules", 0)
    document.add_heading("Visits", 1)
    paragraph = document.add_paragraph("Visitors come ")
    for part in (
        f"<w:ins {space}><w:r><w:t>at two.</w:t></w:r></w:ins>",
        f"<w:del {space}><w:r><w:delText>at nine.</w:delText></w:r></w:del>",
        f"<w:r {space}><w:rPr><w:vanish/></w:rPr><w:t>Hidden.</w:t></w:r>",
    ):
        paragraph._p.append(parse_xml(part))
    document.sections[0].footer.paragraphs[0].text = "Printed in March"
    document.save(target)
    found = read(tmp_path, "a.docx", target.getvalue())
    assert found.document.text == "# Rules\n\n## Visits\n\nVisitors come at two.\n"


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.pdf", b"%PDF-1.7 nothing more", "damaged"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "password"),
        ("a.docx", b"no archive", "can't be unpacked"),
        ("a.epub", b"PK\x03\x04 broken", "can't be unpacked"),
        ("a.xml", b"<a><b></a>", "not well-formed XML at line 1"),
        ("a.xml", b"<recipe/>", "<recipe>.*Convert it to HTML"),
        ("a.html", b"<!-- nothing -->", "holds no text"),
        ("a.csv", b"Ward,Phone\n", "holds no text"),
        ("a.xyz", b"text", "can't be told from the name a.xyz. Add `media_type`"),
        ("a.html", b"<div>" * 900 + b"deep", "nested too deeply"),
    ],
)
def test_a_bad_file_is_refused_with_what_to_do(tmp_path: Path, name: str, data: bytes, reason: str) -> None:
    with pytest.raises(InvalidInput, match=reason) as caught:
        read(tmp_path, name, data)
    assert "\n" not in str(caught.value)


def printed(columns: int, words: list[str]) -> tuple[bytes, list[str]]:
    """A journal of several pages with running heads, numbered feet and cut words, and its paragraphs."""
    from reportlab.lib.enums import TA_JUSTIFY
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import BaseDocTemplate, Frame, PageTemplate, Paragraph

    style, target, wide = (
        ParagraphStyle("b", fontSize=10, leading=12, spaceAfter=6, alignment=TA_JUSTIFY),
        BytesIO(),
        495,
    )
    paragraphs = [" ".join(words[n * 60 : n * 60 + 60]).capitalize() + "." for n in range(len(words) // 60)]
    frames = [Frame(50 + i * wide / columns, 60, wide / columns - 10, 710) for i in range(columns)]

    def furniture(canvas, document) -> None:
        canvas.drawString(50, 800, "Journal of Wards, volume 7")
        canvas.drawCentredString(297, 30, f"Page {document.page} of 9")

    document = BaseDocTemplate(target, pagesize=(595, 842))
    document.addPageTemplates(PageTemplate(frames=frames, onPage=furniture))
    document.build([Paragraph(p, style) for p in paragraphs])
    return target.getvalue(), paragraphs


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_a_printed_page_is_read_in_order_without_its_furniture(tmp_path: Path, columns: int) -> None:
    import pdfplumber
    from wordfreq import top_n_list

    listed = [w for w in top_n_list("en", 4000) if w.isalpha() and len(w) > 3]
    data, paragraphs = printed(columns, listed[: 60 * 30])
    document = read(tmp_path, "a.pdf", data).document
    assert document.text.split() == " ".join(paragraphs).split()
    with pdfplumber.open(BytesIO(data)) as file:
        whole = [page.extract_text() for page in file.pages]
    assert len(document.pages) == len(whole) > 1
    for number, start in enumerate(document.pages, 1):
        first = document.text[start:].split(maxsplit=1)[0]
        assert first in whole[number - 1].split()
        assert document.page_of(start) == number


def test_a_scan_is_refused_with_what_to_do(tmp_path: Path) -> None:
    from fpdf import FPDF
    from PIL import Image

    pdf = FPDF()
    pdf.add_page()
    pdf.image(Image.new("RGB", (200, 200), "grey"), 10, 10, 100)
    with pytest.raises(
        InvalidInput, match=r"a\.pdf holds pictures of pages and no text\. Run it through text recognition"
    ):
        read(tmp_path, "a.pdf", bytes(pdf.output()))


def test_entities_of_a_file_are_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden words")
    head = f'<!DOCTYPE article [<!ENTITY e SYSTEM "file://{tmp_path}/secret">]>'
    found = read(tmp_path, "a.xml", f"{head}<article><body><p>Seen &e;</p></body></article>".encode())
    assert "hidden" not in found.document.text


SAMPLES = {name: FORMATS[name]() for name in FORMATS} | {"a.pptx": pptx(), "a.csv": b"a,b\n1,2\n"}


@pytest.mark.parametrize("name", sorted(SAMPLES))
@settings(max_examples=15)
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    whole = bytearray(SAMPLES[name])
    for _ in range(data.draw(st.integers(1, 6))):
        place = data.draw(st.integers(0, len(whole)))
        whole[place : place + data.draw(st.integers(0, 9))] = data.draw(st.binary(max_size=9))
    cut = data.draw(st.integers(0, len(whole)))
    broken = bytes(whole[:cut] if data.draw(st.booleans()) else whole)
    try:
        found = read(tmp_path_factory.getbasetemp(), f"fuzz-{name}", broken)
    except InvalidInput as error:
        told = str(error)
    else:
        told = ""
        list(sentences(found))
    assert "\n" not in told
