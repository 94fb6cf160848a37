"""The command: what it prints, what it returns, and never a traceback for what a user can cause."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.__main__ import main
from ingest.manifest import load_manifest
from trustbot.index.chroma import open_index

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, models_dir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command with a data folder of its own: exit code, standard output, standard error."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "models").symlink_to(models_dir)
    monkeypatch.setenv("TRUSTBOT_DATA_DIR", str(tmp_path / "data"))

    def call(*arguments: object) -> tuple[int, str, str]:
        code = main([str(a) for a in arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_a_corpus_goes_in_and_a_second_run_says_that_nothing_changed(
    run: Run, small_corpus: Path, tmp_path: Path
) -> None:
    code, out, err = run(small_corpus)
    assert (code, err) == (0, "")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[0] == "Corpus huddles 1: indexed."
    assert "document sections chunks sentences tokens embedded reused removed" in lines
    assert "article 3 5 5 50 5 0 0" in lines
    assert any(line.startswith("2 documents, 6 chunks: 6 embedded, 0 reused, 0 removed") for line in lines)
    index = open_index(tmp_path / "data" / "index" / "huddles")
    assert f"Index: {index.path}" in out
    assert f"Fingerprint: {index.fingerprint}" in out
    index.close()
    code, out, _ = run(small_corpus)
    assert code == 0
    assert "nothing changed, nothing was written" in out


def test_one_bad_file_is_refused_by_name_and_the_exit_code_says_so(run: Run, small_corpus: Path) -> None:
    (small_corpus / "documents" / "lee.md").write_bytes(b"%PDF-1.7 cut off")
    code, out, err = run(small_corpus)
    assert (code, err) == (3, "")
    assert "Refused (1):\n  lee-2020-note: lee.md is damaged" in out
    assert "1 documents" in out


def test_a_new_corpus_is_made_of_files_and_works(run: Run, tmp_path: Path) -> None:
    (tmp_path / "Tube care.md").write_text(
        "---\ntitle: Tubes\nauthor: Ward team\ndate: 2026-02-11\n---\n# x\n\nFlush it.\n"
    )
    (tmp_path / "page.html").write_text("<h1>Visits</h1><p>Visitors come at two.</p>")
    (tmp_path / "article.txt").write_bytes("Café rules.".encode("cp1252"))
    files = [tmp_path / name for name in ("Tube care.md", "page.html", "article.txt", "absent.md")]
    code, out, _ = run("new", tmp_path / "Our Ward", *files)
    assert code == 3
    assert "  tube-care: Tubes\n  page: Visits\n  article-text: article\n" in out
    assert "Refused (1):\n  absent.md can't be read" in out
    manifest = load_manifest(tmp_path / "Our Ward")
    assert (manifest.id, manifest.title) == ("our-ward", "Our ward")
    assert (manifest.sources[0].authors, manifest.sources[0].year, manifest.sources[0].address) == (
        ("Ward team",),
        2026,
        "",
    )
    code, out, _ = run(tmp_path / "Our Ward")
    assert (code, "article-text: read as Windows-1252, such as “Café”." in out) == (0, True)
    code, out, err = run("new", tmp_path / "Our Ward", *files)
    assert (code, out) == (2, "")
    assert "is there already" in err
    assert run("new", tmp_path / "Other", tmp_path / "absent.md")[0] == 2
    assert not (tmp_path / "Other").exists()


def test_the_index_may_lie_elsewhere(run: Run, small_corpus: Path, tmp_path: Path) -> None:
    assert run(small_corpus, "--index", tmp_path / "there")[0] == 0
    open_index(tmp_path / "there").close()
    code, out, _ = run(small_corpus, "--index", tmp_path / "there", "--rebuild")
    assert code == 0
    assert "6 embedded, 0 reused" in " ".join(out.split())


def test_what_a_user_gets_wrong_is_one_sentence_and_an_exit_code(
    run: Run, small_corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(code: int, *arguments: object) -> str:
        found, out, err = run(*arguments)
        assert (found, out) == (code, "")
        assert err.startswith("trustbot-ingest: ")
        assert err.count("\n") == 1
        assert "Traceback" not in err
        return err

    assert "there is no such folder" in fails(2, tmp_path / "absent")
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "letter.txt").write_text("dear", encoding="utf-8")
    assert "already holds other files" in fails(2, small_corpus, "--index", foreign)
    monkeypatch.setenv("TRUSTBOT_EMBEDDER", "no-such-model")
    assert "Correct TRUSTBOT_EMBEDDER" in fails(1, small_corpus)
    monkeypatch.setenv("TRUSTBOT_EMBEDER", "typing error")
    assert "TRUSTBOT_EMBEDER is not a setting" in fails(2, small_corpus)


def test_debug_shows_where(run: Run, tmp_path: Path) -> None:
    with pytest.raises(Exception, match="there is no such folder"):
        run(tmp_path / "absent", "--debug")


def test_the_unexpected_is_one_sentence_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: object) -> None:
        raise RuntimeError("a defect\nwith details")

    monkeypatch.setattr("ingest.__main__._run", fail)
    code, _, err = run()
    assert code == 1
    assert err.startswith("trustbot-ingest: failed unexpectedly (RuntimeError: a defect)")
    assert "--debug" in err
    assert "changed" not in err, "a reader may have been trained, or a version published, before"

    def stop(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("ingest.__main__._run", stop)
    code, _, err = run()
    assert (code, err) == (130, "trustbot-ingest: stopped; what was completed is served, nothing half-made.\n")


def test_a_full_disk_is_said_and_the_old_index_still_serves(
    run: Run, small_corpus: Path, tmp_path: Path, replace: Callable[[str, str, str], None]
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=3m", "none", str(disk)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting takes root")
    try:
        assert run(small_corpus, "--index", disk / "index")[0] == 0
        replace("documents/lee.md", "Nine nurses", "Ten nurses")
        (disk / "filler").write_bytes(b"x" * (shutil.disk_usage(disk).free - 40_000))
        code, _, err = run(small_corpus, "--index", disk / "index")
        assert code == 1
        assert "no room left on the disk" in err
        index = open_index(disk / "index")
        assert "Nine nurses" in index.corpus.document("lee-2020-note").text
        index.close()
        (disk / "filler").unlink()
        code, out, _ = run(small_corpus, "--index", disk / "index")
        assert code == 0
        assert "1 embedded, 5 reused, 1 removed" in " ".join(out.split())
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_read_only_folder_is_said(run: Run, small_corpus: Path, tmp_path: Path) -> None:
    folder = tmp_path / "fixed"
    folder.mkdir()
    mount = ["mount", "--bind", "-o", "ro", str(folder), str(folder)]
    if os.geteuid() or not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting takes root")
    try:
        code, _, err = run(small_corpus, "--index", folder / "index")
        assert code == 1
        assert "can't be written (Read-only file system)" in err
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_help_imports_nothing_heavy() -> None:
    script = (
        "import sys\nfrom ingest.__main__ import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "heavy = {'pydantic', 'numpy', 'torch', 'chromadb', 'langchain_core', 'onnxruntime', 'tiktoken'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "usage: trustbot-ingest" in done.stdout
    assert "CORPUS_DIR" in done.stdout


def test_the_module_runs_as_a_program(small_corpus: Path, tmp_path: Path, models_dir: Path) -> None:
    """Real files, a real process: the default corpus folder, no terminal, so no progress bars."""
    environment = os.environ | {
        "TRUSTBOT_DATA_DIR": str(models_dir.parent),
        "TRUSTBOT_CORPUS_DIR": str(small_corpus.parent),
        "TRUSTBOT_CORPUS": small_corpus.name,
    }
    done = subprocess.run(
        [sys.executable, "-m", "ingest", "--index", str(tmp_path / "index")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("Corpus huddles 1: indexed.")
