"""The draft of a corpus: a copy of its folder that is changed in its place, and the folders that were published before.

    DATA/coordinate/ID/draft        the draft, if there is one
    DATA/coordinate/ID/earlier/…    what was published before, by the moment at which it was replaced

In: the settings. Out: folders. A published draft takes the place of the corpus folder by two renames beside it; what
stops the process between them is made up for when it starts again. This module reads no document.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from trustbot.errors import InvalidInput, StorageError
from trustbot.settings import Settings

KEPT = 10
"""Earlier folders that are kept."""
MOMENT = "%Y-%m-%dT%H%M%SZ"


class Drafts:
    """The draft of one corpus. One change at a time is the caller's part."""

    def __init__(self, settings: Settings) -> None:
        self.live = settings.corpus_dir / settings.corpus
        self._home = settings.data_dir / "coordinate" / settings.corpus
        self.draft = self._home / "draft"
        self._new, self._old = (self.live.with_name(f".{self.live.name}.{end}") for end in ("new", "old"))
        self._earlier = self._home / "earlier"

    def recover(self) -> None:
        """Make up for a process that was stopped while it replaced the corpus folder."""
        if self._old.is_dir() and not self.live.exists():
            self._old.rename(self.live)

    @property
    def is_there(self) -> bool:
        """Whether there is a draft."""
        return self.draft.is_dir()

    @property
    def shown(self) -> Path:
        """The folder to look at: the draft, or the corpus's own without one."""
        return self.draft if self.is_there else self.live

    def begin(self, of: Path | None = None) -> Path:
        """The draft; made of the corpus folder, or of the folder `of` in the place of what there was."""
        if of is None and self.is_there:
            return self.draft
        if not (of or self.live).is_dir():
            raise InvalidInput(
                f"This server has the index of {self.live.name}, not the folder that it was made of. Name the folder "
                "of corpora in TRUSTBOT_CORPUS_DIR."
            )
        temporary = self.draft.with_name("draft.new")
        with self._writing(self._home):
            self._home.mkdir(parents=True, exist_ok=True)
            shutil.rmtree(temporary, ignore_errors=True)
            shutil.copytree(of or self.live, temporary)
            shutil.rmtree(self.draft, ignore_errors=True)
            temporary.rename(self.draft)
        return self.draft

    def discard(self) -> None:
        """Remove the draft, if there is one."""
        shutil.rmtree(self.draft, ignore_errors=True)

    def check_place(self) -> None:
        """Raise StorageError where a draft could never take the place of the corpus folder."""
        probe = self.live.with_name(f".{self.live.name}.probe")
        with self._writing(self.live.parent):
            probe.mkdir(exist_ok=True)
            probe.rmdir()

    def publish(self) -> None:
        """Put the draft in the place of the corpus folder, which is kept among the earlier ones."""
        with self._writing(self.live.parent):
            shutil.rmtree(self._new, ignore_errors=True)
            shutil.copytree(self.draft, self._new)
            shutil.rmtree(self._old, ignore_errors=True)
            self.live.rename(self._old)
            self._new.rename(self.live)
        with self._writing(self._home):
            self._earlier.mkdir(parents=True, exist_ok=True)
            kept = self._earlier / datetime.now(UTC).strftime(MOMENT)
            shutil.rmtree(kept, ignore_errors=True)
            shutil.move(self._old, kept)
            for name in self.earlier()[KEPT:]:
                shutil.rmtree(self._earlier / name, ignore_errors=True)
        self.discard()

    def earlier(self) -> list[str]:
        """Names of the folders that were published before, the last one first."""
        found = self._earlier.iterdir() if self._earlier.is_dir() else ()
        return sorted((path.name for path in found if path.is_dir()), reverse=True)

    def take_up(self, name: str) -> None:
        """Make the draft of an earlier folder. Raises InvalidInput for one that isn't there."""
        if name not in self.earlier():
            raise InvalidInput("There is no such earlier version any more. Choose one of those that are listed.")
        self.begin(self._earlier / name)

    @contextmanager
    def _writing(self, folder: Path) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StorageError(
                f"{folder} can't be written ({error.strerror or type(error).__name__}). Let the server write there, or "
                "keep the corpus in a folder of your own and name it in TRUSTBOT_CORPUS_DIR."
            ) from None
