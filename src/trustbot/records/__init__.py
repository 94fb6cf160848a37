"""Exports, citable records: a conversation as one document that can be kept, printed, cited and checked again.

    record      a conversation -> a `Record`, and its JSON
    reading     JSON -> a `Record`, or one sentence that says why it isn't one
    checking    a `Record` and a corpus -> a `Report`: which of its quotes still hold
    signing     answers and records -> their signatures; a signature -> whether trustbot said what it stands for
    telling     a `Report` -> lines for a person, or plain JSON
    references  works -> CSL-JSON, RIS and a formatted reference list; the home of citeproc and rispy
    layout      a `Record` -> its statements, each with the quotes that it stands on
    markdown, page, formats   a `Record` -> Markdown, a printable page, or any of the formats, by name or file name

Importing this package costs nothing; its modules are imported by whoever needs one.
"""
