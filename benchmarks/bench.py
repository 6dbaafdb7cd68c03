"""The places where contests are held: a corpus, libraries, a tree under git."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from pathlib import Path

import corpus

TOOL = [str(Path(sys.executable).parent / "artpipe")]
# Compiled modules are part of what is measured, as they are of what is installed.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
TINY = 100_000


class Bench:
    """All contests on one corpus."""

    def __init__(self, folder: Path, files: int) -> None:
        self.folder = folder
        self.img = folder / f"img-{files}"
        self.files = corpus.make(self.img, files)
        self.used = Path(tempfile.mkdtemp(prefix="used-", dir=folder))
        self.library = self.new("library")

    def new(self, name: str) -> Path:
        """Make an empty folder.

        None is removed before all is measured: a minute after files were removed ext4 takes up to ten times as long to
        create others, of whatever program.
        """
        folder = Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.used))
        os.sync()
        return folder

    def fresh(self) -> None:
        self.library = self.new("library")

    def small(self) -> None:
        self.fresh()
        self.artpipe("-q", "init")
        with sqlite3.connect(self.library / "cv.db") as db:
            db.execute("INSERT INTO images (id, approved) VALUES ('a', 1), ('b', 1)")
            db.execute(
                "INSERT INTO artifacts (image_id, stage, file_path) VALUES ('a', 'web-optimized', 'web-optimized/a')"
            )
        db.close()

    def registered(self) -> None:
        self.fresh()
        self.artpipe("register", "-q", "--approve", str(self.img))

    def artpipe(self, *arguments: str) -> None:
        subprocess.run([*TOOL, *arguments], cwd=self.library, check=True, stdout=subprocess.DEVNULL, env=ENVIRONMENT)

    def shell(self, script: str) -> None:
        subprocess.run(["bash", "-c", script], cwd=self.img, check=True, stdout=subprocess.DEVNULL)

    def tiny(self) -> Path:
        """A tree of very many small pictures, registered and under git."""
        folder = self.folder / "tiny"
        corpus.make_tiny(folder, TINY)
        if not (folder / ".git").exists():
            # Its objects lie beside the tree, which artpipe and the floor read too.
            script = "git init -q --separate-git-dir ../tiny.git && git add -A && git commit -qm tiny"
            who = {
                "GIT_AUTHOR_NAME": "x",
                "GIT_AUTHOR_EMAIL": "x",
                "GIT_COMMITTER_NAME": "x",
                "GIT_COMMITTER_EMAIL": "x",
            }
            subprocess.run(["bash", "-c", script], cwd=folder, check=True, env=ENVIRONMENT | who)
        return folder

    def tiny_registered(self) -> None:
        self.fresh()
        self.artpipe("register", "-q", str(self.tiny()))

    def hundred_thousand(self) -> None:
        """A library of rows without files: 100,000 approved images, one in a hundred not upscaled yet."""
        self.fresh()
        self.artpipe("-q", "init")
        with sqlite3.connect(self.library / "cv.db") as db:
            db.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
                " INSERT INTO images (id, approved) SELECT printf('%08x-0000-4000-8000-%012d', i * 2654435761 % 4294967296, i), 1 FROM n"
            )
            for stage in ("web-optimized", "ersgan-enhanced"):
                some = "" if stage == "web-optimized" else "WHERE rowid % 100"
                db.execute(
                    f"INSERT INTO artifacts (image_id, stage, file_path) SELECT id, '{stage}', '{stage}/' || id FROM images {some}"
                )
        db.close()
