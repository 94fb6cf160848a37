"""Every error that trustbot raises on purpose.

    TrustbotError                something a person can act on; exit code 1, HTTP 500
    ├── InvalidQuestion          the question itself can't be used; exit code 2, HTTP 422
    ├── InvalidInput             another argument or file is wrong; exit code 2, HTTP 400
    ├── ManifestError            a corpus on disk is wrong: names file, entry and mend; exit code 2
    ├── IndexMissing             no index, or an unreadable one; exit code 1, HTTP 503
    │   ├── IndexMismatch        an index made by another embedder or schema
    │   ├── IndexUnreachable     the server that holds the index doesn't answer
    │   └── DocumentAltered      a stored text or record no longer is what was written
    ├── IndexLocked              another process is writing; exit code 1
    ├── TooSlow                  answering took longer than it may; exit code 1, HTTP 503
    ├── FetchFailed              another machine didn't give what was asked for; exit code 1
    ├── StorageError             the disk is full or the folder can't be written; exit code 1
    └── ModelError               weights are missing, altered or don't reproduce their reference; exit code 1

Each message is one sentence or two that say what happened, to what, and what to do. This module knows
neither how a message is shown nor who shows it.
"""


class TrustbotError(Exception):
    """Base of every deliberate error; its text is safe to show to a user."""

    exit_code = 1
    http_status = 500


class InvalidQuestion(TrustbotError):
    """The question is empty, too long, or not readable text."""

    exit_code = 2
    http_status = 422


class InvalidInput(TrustbotError):
    """An argument, a setting or a file given by the user is wrong."""

    exit_code = 2
    http_status = 400


class ManifestError(TrustbotError):
    """A corpus on disk breaks its schema; the text names file, entry and mend."""

    exit_code = 2

    def __init__(self, file: str, entry: str, problem: str, mend: str) -> None:
        self.file, self.entry, self.problem, self.mend = file, entry, problem, mend
        super().__init__(f"{file}: {entry}: {problem} {mend}")


class IndexMissing(TrustbotError):
    """There is no usable index where one was looked for."""

    http_status = 503


class IndexMismatch(IndexMissing):
    """The index was built by another embedder, or by another version of the index schema."""


class IndexUnreachable(IndexMissing):
    """The Chroma server that holds the index doesn't answer, or not as one."""


class DocumentAltered(IndexMissing):
    """A stored document, or what was recorded of it, was changed after it was written."""


class IndexLocked(TrustbotError):
    """Another process is writing to the same index."""

    http_status = 503


class TooSlow(TrustbotError):
    """Answering a question took longer than the settings allow, and was stopped."""

    http_status = 503


class FetchFailed(TrustbotError):
    """Another machine can't be reached, or doesn't give what was asked for."""

    http_status = 503


class StorageError(TrustbotError):
    """The disk is full, or a folder can't be written."""

    http_status = 503


class ModelError(TrustbotError):
    """Model files are missing, altered, or don't reproduce their reference."""

    http_status = 503
