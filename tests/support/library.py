"""A real library in a temporary folder, used the way a user uses it."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from artpipe.cli.main import main

Rows = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Result:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        """The `data` of the one JSON document on stdout."""
        return json.loads(self.out)["data"]

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


class TestLibrary:
    """A folder that holds `cv.db` and `art/`."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.db = folder / "cv.db"
        self.art = folder / "art"
        self.img = folder / "img"
        self.repeats = False  # a test that takes artifacts away sets this

    def run(self, *arguments: object, stdin: bytes = b"") -> Result:
        """Call `main(argv)` in this process, in the library's folder."""
        out, err = _Text(), _Text()
        with _changed_streams(self.folder, stdin, out, err):
            code = main([str(argument) for argument in arguments])
        return Result(code, out.text(), err.text())

    def ok(self, *arguments: object, stdin: bytes = b"") -> Result:
        result = self.run(*arguments, stdin=stdin)
        assert result.code == 0, (arguments, result)
        return result

    def json(self, *arguments: object, stdin: bytes = b"") -> Any:
        return self.run(*arguments, "--json", stdin=stdin).data

    def start(self, *arguments: object, **environment: str) -> subprocess.Popen[bytes]:
        """Start the tool as a process of its own, in a process group of its own."""
        return subprocess.Popen(
            tool(*arguments),
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=os.environ | environment,
            process_group=0,
        )

    def shell(self, script: str, **environment: str) -> Result:
        """Run a bash script in the library's folder, with `artpipe` on the path."""
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", script],
            cwd=self.folder,
            capture_output=True,
            env=os.environ | {"PATH": path} | environment,
            check=False,
        )
        return Result(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))

    def sql(self, statement: str, parameters: Sequence[Any] = ()) -> Rows:
        """What any other program would see and do, by plain SQL."""
        with closing(sqlite3.connect(self.db, timeout=30)) as db, db:
            return db.execute(statement, parameters).fetchall()

    @contextmanager
    def holding_the_lock(self) -> Iterator[None]:
        """Another program is in the middle of writing."""
        with closing(sqlite3.connect(self.db, timeout=30, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            yield
            db.execute("ROLLBACK")

    def value(self, statement: str, parameters: Sequence[Any] = ()) -> Any:
        return self.sql(statement, parameters)[0][0]

    def settings(self, text: str) -> None:
        (self.folder / "artpipe.toml").write_text(text, encoding="utf-8")

    def artifact(self, image_id: str, stage: str) -> Path:
        """The file of an artifact, as its row says."""
        sql = "SELECT file_path FROM artifacts WHERE image_id = ? AND stage = ?"
        return self.art / str(self.value(sql, (image_id, stage)))

    def files(self) -> dict[str, bytes]:
        """Every file below art/."""
        return {str(file.relative_to(self.art)): file.read_bytes() for file in self.art.rglob("*") if file.is_file()}


def tool(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "artpipe", *(str(argument) for argument in arguments)]


class _Text(io.TextIOWrapper):
    """A text stream in memory that can be read after it was written to."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", errors="backslashreplace")

    def text(self) -> str:
        self.flush()
        buffer = self.buffer
        assert isinstance(buffer, io.BytesIO)
        return buffer.getvalue().decode()


@contextmanager
def _changed_streams(folder: Path, stdin: bytes, out: _Text, err: _Text) -> Iterator[None]:
    before: Mapping[str, Any] = {"stdin": sys.stdin, "stdout": sys.stdout, "stderr": sys.stderr}
    here = Path.cwd()
    source = folder / ".stdin"
    source.write_bytes(stdin)
    with source.open() as sys.stdin:
        sys.stdout, sys.stderr = out, err
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(here)
            for name, stream in before.items():
                setattr(sys, name, stream)
            source.unlink()
