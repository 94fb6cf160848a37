"""Nothing leaves the machine, and nothing is kept outside the data folder: every program, watched by the kernel.

Each runs with a fresh home folder in a network of its own, which has a loopback and no route, and under strace. In its
environment stand the settings that an operator may have left there for each library to speak, and none by which one can
tell a build server, where some libraries keep quiet by themselves.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest

from trustbot.evals import visits

QUESTION = "How does direct observation build trust?"
SPEAK = {
    "ORT_DISABLE_TELEMETRY": "0",
    "ANONYMIZED_TELEMETRY": "True",
    "CHROMA_OTEL_GRANULARITY": "all",
    "CHROMA_OTEL_COLLECTION_ENDPOINT": "http://collector.example:4317",
    "CHROMA_API_IMPL": "chromadb.api.fastapi.FastAPI",
    "CHROMA_SERVER_HOST": "chroma.example",
    "CHROMA_SERVER_HTTP_PORT": "8000",
    "HF_HUB_OFFLINE": "0",
    "TRANSFORMERS_OFFLINE": "0",
    "HF_HUB_DISABLE_TELEMETRY": "0",
    "GRADIO_ANALYTICS_ENABLED": "True",
    "GRADIO_SHARE": "True",
    "GRADIO_RUN_HISTORY": "True",
    "LANGSMITH_TRACING": "true",
    "LANGSMITH_TRACING_V2": "true",
    "LANGCHAIN_TRACING_V2": "true",
    "LANGSMITH_API_KEY": "x",
}
STRACE = (
    "strace",
    "-f",
    "--seccomp-bpf",
    "-y",
    "-qq",
    "-e",
    "trace=connect,sendto,sendmsg,?sendmmsg,?open,openat,?creat",
)
LONELY = ("unshare", "--user", "--map-root-user", "--net")
UP = """
import fcntl, os, socket, struct, sys
with socket.socket() as any_one:  # the loopback of a new network is down; 0x8913 and 0x8914 read and write its flags
    asked = struct.pack("16sh14x", b"lo", 0)
    flags = struct.unpack("16sh14x", fcntl.ioctl(any_one, 0x8913, asked))[1]
    fcntl.ioctl(any_one, 0x8914, struct.pack("16sh14x", b"lo", flags | 1))
os.execvp(sys.argv[1], sys.argv[1:])
"""
VISIT = """
import json, os, signal, subprocess, sys, urllib.request
from trustbot.evals import visits
question, *command = sys.argv[1:]
with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
    number = int(server.stdout.readline())
    signal.signal(signal.SIGALRM, lambda *_: sys.exit("the server, or its page, does not come up"))
    signal.alarm(400)
    try:
        url = server.stdout.readline().split()[-1].rstrip(".")
        asked = urllib.request.Request(f"{url}/api/ask", json.dumps({"question": question}).encode())
        asked.add_header("Content-Type", "application/json")
        with urllib.request.urlopen(asked) as answer:
            print(answer.read().decode())
        with visits.open_browser() as browser:
            visits.visit_twice(browser, url, question, visits.DESKTOP)
    finally:
        os.kill(number, signal.SIGTERM)
"""
TRAIN = """
import sys
import ingest.__main__, ingest.train, torch
from trustbot.reading import fit, training
torch.set_num_threads(1)  # several wait for each other on a busy machine
some = fit.product_questions()[::50][:30]
fit.product_questions = lambda: some
ingest.train.Plan = lambda: training.Plan(rank=2, epochs=1, rate=2e-3)
sys.exit(ingest.__main__.main([sys.argv[1], "--train"]))
"""


@dataclass(frozen=True)
class Watched:
    """A process that has ended: what it wrote, and what the kernel saw of it."""

    out: str
    lines: list[str]
    data: Path
    temporary: Path
    home: Path

    def check(self) -> None:
        """Fail with what left, and with what was left behind."""
        assert len(self.lines) > 500, "strace saw next to nothing"
        assert [line for line in self.lines if sent_away(line)] == []
        assert [path for path in map(created, self.lines) if path and not self._may(path)] == []
        assert sorted([*self.home.rglob("*"), *self.temporary.rglob("*")]) == []

    def _may(self, path: Path) -> bool:
        # What lies in /dev is memory: a semaphore, the null device.
        return any(path.is_relative_to(folder) for folder in (self.data, self.temporary, Path("/dev")))


def sent_away(line: str) -> bool:
    """Whether a line of the trace is a look-up of a name, or something for another machine."""
    if re.search(r'"/etc/resolv\.conf"|htons\(53\)', line):
        return True
    told = re.search(r'sa_family=AF_INET6?,.*?(?:inet_addr\("|inet_pton\(AF_INET6, ")([^"]+)"', line)
    return bool(told) and not re.fullmatch(r"127\..*|::1|::ffff:127\..*", told[1])


def created(line: str) -> Path | None:
    """The path that a line of the trace makes a file at, if it does."""
    if ("O_CREAT" not in line and "creat(" not in line) or re.search(r"= -1 E", line):
        return None
    told = re.search(r'(?:<(?P<folder>[^>]*)>, )?"(?P<name>[^"]*)"', line)
    assert told, line
    return Path(os.path.normpath(Path(told["folder"] or "/") / told["name"]))


def test_the_trace_is_read_rightly():
    away = (
        '7 connect(3, {sa_family=AF_INET, sin_port=htons(443), sin_addr=inet_addr("192.0.2.7")}, 16 <unfinished ...>',
        '7 connect(3<s>, {sa_family=AF_INET, sin_port=htons(53), sin_addr=inet_addr("127.0.0.53")}, 16) = 0',
        '7 sendto(3, "", 0, 0, {sa_family=AF_INET6, sin6_port=htons(9), inet_pton(AF_INET6, "2001:db8::1", &a)}, 8)',
        '7 openat(AT_FDCWD</>, "/etc/resolv.conf", O_RDONLY|O_CLOEXEC) = 4</etc/resolv.conf>',
    )
    here = (
        '7 connect(3, {sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("127.0.0.1")}, 16) = 0',
        '7 connect(3, {sa_family=AF_INET6, sin6_port=htons(80), inet_pton(AF_INET6, "::1", &sin6_addr)}, 28) = 0',
        '7 connect(3, {sa_family=AF_UNIX, sun_path="/var/run/nscd/socket"}, 110) = -1 ENOENT (No such file)',
        '7 openat(AT_FDCWD</>, "/etc/hosts", O_RDONLY) = 4',
    )
    assert [sent_away(line) for line in (*away, *here)] == [True] * 4 + [False] * 4
    made = '7 openat(5</home/a>, "deviceid", O_WRONLY|O_CREAT|O_EXCL, 0600 <unfinished ...>'
    assert created(made) == Path("/home/a/deviceid")
    assert created('7 open("/b/c", O_RDWR|O_CREAT, 0666) = 3</b/c>') == Path("/b/c")
    assert created('7 openat(AT_FDCWD</a>, "/b", O_RDWR|O_CREAT, 0666) = -1 EROFS (Read-only file system)') is None
    assert created('7 openat(AT_FDCWD</a>, "/b", O_RDONLY) = 3</b>') is None


@pytest.fixture
def data(built_index: Path, models_dir: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    shutil.copytree(built_index, folder / "index" / built_index.name)
    shutil.copytree(models_dir, folder / "models")
    return folder


@pytest.fixture
def watch(repository: Path, tmp_path: Path) -> Callable[..., Watched]:
    """Runs a program of Python's alone with the kernel watching, and a further one around both where it is given."""
    missing = [name for name in (STRACE[0], LONELY[0]) if shutil.which(name) is None]
    if missing:
        pytest.skip(f"not on the path: {', '.join(missing)}")
    tried = subprocess.run(
        [*LONELY, sys.executable, "-c", UP, *STRACE, "true"], capture_output=True, text=True, check=False
    )
    if tried.returncode:
        pytest.skip(f"no network of its own, or no strace in it: {tried.stderr.strip()}")
    home, temporary, around, trace = (tmp_path / name for name in ("home", "tmp", "around", "trace"))
    for folder in (home, temporary, around):
        folder.mkdir()
    overlay = tmp_path / "overlay"
    copy_gradio(overlay)
    environment = SPEAK | {
        "PATH": os.environ["PATH"],
        "HOME": str(around),
        "PYTHONPATH": os.pathsep.join([str(overlay), str(repository / "src"), str(repository)]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "TRUSTBOT_DATA_DIR": str(tmp_path / "data"),
        "TRUSTBOT_CORPUS_DIR": str(repository / "corpus"),
    }

    def run(*arguments: object, visitor: tuple[str, ...] = ()) -> Watched:
        own = ["env", f"HOME={home}", f"TMPDIR={temporary}", "sh", "-c", 'echo $$; exec "$0" "$@"', sys.executable]
        watched = [*STRACE, "-o", str(trace), *own, *map(str, arguments)]
        around_it = [sys.executable, "-c", visitor[0], *visitor[1:]] if visitor else []
        done = subprocess.run(
            [*LONELY, sys.executable, "-c", UP, *around_it, *watched],
            cwd=tmp_path / "data",
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        lines = trace.read_text(errors="replace").splitlines()
        return Watched(done.stdout, lines, tmp_path / "data", temporary, home)

    return run


def copy_gradio(folder: Path) -> None:
    """Gradio as it is before its first import, when it would write into its own folder; all else of it is linked."""
    spec = find_spec("gradio")
    assert spec is not None
    assert spec.origin is not None
    (folder / "gradio").mkdir(parents=True)
    for path in Path(spec.origin).parent.iterdir():
        if path.name != "hash_seed.txt":
            (folder / "gradio" / path.name).symlink_to(path)


def test_ask(watch, data):
    done = watch("-m", "trustbot.cli", "ask", QUESTION)
    assert "\n[4] “" in done.out
    done.check()


def test_serve_with_a_question_over_http_and_one_in_the_page(watch, data):
    if not any(map(shutil.which, visits.CHROMIUM)):
        pytest.skip("no browser on the path")
    done = watch("-m", "trustbot.cli", "serve", "--port", "0", visitor=(VISIT, QUESTION))
    assert json.loads(done.out)["citations"]
    assert any("sa_family=AF_INET," in line or "/chroma/" in line for line in done.lines)
    done.check()


def test_eval_with_its_pictures(watch, data):
    asked = [
        (QUESTION, True, "one"),
        ("Who won the match?", False, "two"),
        ("What is the capital of Peru?", False, "two"),
    ]
    items = [
        {"id": str(n), "question": q, "answerable": answerable, "category": group}
        for n, (q, answerable, group) in enumerate(asked)
    ]
    (data / "set.jsonl").write_text("".join(f"{json.dumps(item)}\n" for item in items))
    watch("-m", "trustbot.cli", "eval", data / "set.jsonl", "--out", data / "out").check()
    assert "data:image/svg+xml" in (data / "out" / "report.html").read_text()


def test_ingest_that_trains_exports_and_indexes(watch, tmp_path, repository):
    corpus = tmp_path / "data" / "preceptor-trust"
    shutil.copytree(repository / "corpus" / "preceptor-trust", corpus)
    bank = (corpus / "questions.jsonl").read_text().splitlines()
    named = [line for line in bank if "sentence" in json.loads(line)]
    asked = [line for line in bank if "q" in json.loads(line)]
    (corpus / "questions.jsonl").write_text("\n".join([*named, *asked[:: len(asked) // 220]]) + "\n")
    done = watch("-c", TRAIN, corpus)
    assert "Fingerprint: sha256:" in done.out
    assert list((tmp_path / "data" / "models").glob("*/model.onnx"))
    done.check()


def test_adding_a_file_to_a_corpus(watch, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "visits.html").write_text("<h1>Visits</h1><p>Visitors come at two.</p>")
    done = watch("-m", "ingest", "add", tmp_path / "data" / "ward", "--file", tmp_path / "data" / "visits.html")
    assert "[1] visits: Visits" in done.out
    done.check()
