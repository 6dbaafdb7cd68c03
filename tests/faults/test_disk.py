"""Our own disk fails: the command ends with one sentence, nobody is blamed for it, and the next one carries on."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.disks import can_mount, can_trace, mounted, small_disk
from support.faultpoints import Forge, forge_in
from support.invariants import violations
from support.library import Result, TestLibrary, tool
from support.photos import small
from support.states import State, broken, differences, state_of

needs_mount = pytest.mark.skipif(not can_mount(), reason="only root can mount a small file system")
needs_strace = pytest.mark.skipif(not can_trace(), reason="strace is not here, or may not trace")

CHEAP = ("thumbnails-small", "web-optimized", "blurhash", "phash")
STORAGE, ART_MISSING = 74, 4
# KiB that are left: from where not even a database can be opened to where everything fits.
FILL_LEVELS = (0, 40, 110, 180, 290, 310, 450)


@pytest.fixture(scope="module")
def forge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Forge]:
    with forge_in(tmp_path_factory.mktemp("forge")) as made:
        yield made


def source(folder: Path, number: int = 6) -> Path:
    for seed in range(number):
        small(folder / f"{seed}.png", seed, (200, 150))
    return folder


def library_in(folder: Path) -> TestLibrary:
    folder.mkdir(exist_ok=True)
    return TestLibrary(folder)


def assert_one_sentence(code: int, err: str) -> None:
    assert code == STORAGE, err
    assert err.startswith("artpipe: ")
    assert err.count("\n") == 1, err
    assert "Traceback" not in err


def assert_no_attempt_charged(library: TestLibrary) -> None:
    rows = library.sql("SELECT stage, attempts, retry_count, error_code FROM jobs WHERE status <> 'completed'")
    # What was in the way may stand beside a job that was given back.
    assert [row for row in rows if row[1:] not in {(0, 0, None), (0, 0, "disk")}] == []


@needs_mount
@pytest.mark.parametrize("left", FILL_LEVELS)
def test_full_disk_under_everything(left: int, tmp_path: Path, forge: Forge) -> None:
    images = source(tmp_path / "img")
    with small_disk(tmp_path / "disk", 3072) as disk:
        library = library_in(disk.folder / "library")
        register, run = ("register", "--approve", "--copy", images), ("run", *CHEAP, "-j", "1")

        disk.fill(left)
        ended = forge.run(library.folder, *register)
        if ended.code:
            assert_one_sentence(ended.code, ended.err)
        disk.make_room()
        assert forge.run(library.folder, *register).code == 0
        before = state_of(library.db, library.art)
        assert [len(before[table]) for table in ("images", "artifacts")] == [6, 6]

        disk.fill(left)
        decided = forge.run(library.folder, "reject", "--reason", "dull", "0", "1")
        if decided.code:
            assert_one_sentence(decided.code, decided.err)
        disk.make_room()
        assert library.value("SELECT count(*) FROM images WHERE rejected") == (0 if decided.code else 2)
        assert forge.run(library.folder, "approve", "0", "1").code == 0

        disk.fill(left)
        ended = forge.run(library.folder, *run)
        disk.make_room()
        if ended.code:
            assert_one_sentence(ended.code, ended.err)
        assert broken(library.db, library.art) == []
        assert forge.run(library.folder, *run).code == 0
        assert library.value("SELECT count(*) FROM jobs WHERE status = 'completed'") == 6 * len(CHEAP)
        assert library.value("SELECT max(attempts) FROM jobs") == 1
        assert violations(library.db, library.art) == []


@needs_mount
@pytest.mark.parametrize("left", [0, 8, 24])
def test_full_disk_under_art(left: int, tmp_path: Path, forge: Forge) -> None:
    images = source(tmp_path / "img")
    library = library_in(tmp_path / "library")
    with small_disk(library.art, 1024) as disk:
        assert forge.run(library.folder, "register", "--approve", images).code == 0
        disk.fill(left)
        more = source(tmp_path / "more", 20)
        ended = forge.run(library.folder, "register", more)
        assert_one_sentence(ended.code, ended.err)
        ended = forge.run(library.folder, "run", *CHEAP, "-j", "2")
        assert_one_sentence(ended.code, ended.err)
        assert_no_attempt_charged(library)
        # The disk is full, and yet nothing is wrong and people can go on deciding.
        disk.make_room()
        assert violations(library.db, library.art) == []
        disk.fill(0)
        assert forge.run(library.folder, "reject", "0").code == 0
        assert forge.run(library.folder, "approve", "0").code == 0
        disk.make_room()
        assert forge.run(library.folder, "register", "--approve", more).code == 0
        assert forge.run(library.folder, "run", *CHEAP, "-j", "2").code == 0
        images_there = library.value("SELECT count(*) FROM images")
        assert library.value("SELECT count(*) FROM jobs WHERE status = 'completed'") == images_there * len(CHEAP)
        assert violations(library.db, library.art) == []


@needs_mount
def test_read_only_disk(tmp_path: Path, forge: Forge) -> None:
    images = source(tmp_path / "img", 2)
    library = library_in(tmp_path / "library")
    with small_disk(library.art, 1024) as disk:
        assert forge.run(library.folder, "register", images / "0.png").code == 0
        disk.remount("ro")
        before = state_of(library.db, library.art)
        for command in (("register", images), ("register", "--copy", images), ("run", "-j", "1")):
            ended = forge.run(library.folder, *command)
            assert_one_sentence(ended.code, ended.err)
            assert differences(without_jobs(state_of(library.db, library.art)), without_jobs(before)) == []
            assert_no_attempt_charged(library)
        assert forge.run(library.folder, "approve", "0").code == 0
        disk.remount("rw")
        assert forge.run(library.folder, "register", images).code == 0
        assert forge.run(library.folder, "run", *CHEAP, "-j", "1").code == 0
        assert violations(library.db, library.art) == []


@needs_mount
def test_database_on_a_read_only_disk(tmp_path: Path, forge: Forge) -> None:
    images = source(tmp_path / "img", 1)
    with small_disk(tmp_path / "disk", 3072) as disk:
        library = library_in(disk.folder)
        assert forge.run(library.folder, "register", images).code == 0
        disk.remount("ro")
        for command in (("register", images), ("approve", "0"), ("run", "-j", "1")):
            ended = forge.run(library.folder, *command)
            assert_one_sentence(ended.code, ended.err)
        disk.remount("rw")
        assert forge.run(library.folder, "run", "-j", "1").code == 0
        assert violations(library.db, library.art) == []


def without_jobs(state: State) -> State:
    """What was wanted may have been queued, and marked as planned."""
    return {table: rows for table, rows in state.items() if table not in {"jobs", "unsettled", "meta"}}


@needs_mount
def test_unmounted_art(tmp_path: Path, forge: Forge) -> None:
    images = source(tmp_path / "img", 2)
    library = TestLibrary(tmp_path / "library")
    library.folder.mkdir()
    (tmp_path / "elsewhere").mkdir()
    library.art.mkdir()
    with mounted("--bind", tmp_path / "elsewhere", library.art):
        assert forge.run(library.folder, "register", "--approve", images).code == 0
        assert forge.run(library.folder, "run", *CHEAP, "-j", "1").code == 0
        before = state_of(library.db, library.art)
    more = source(tmp_path / "more", 4)
    for command in (("run",), ("run", "--dry-run"), ("register", more), ("register", "--rehash", images)):
        ended = forge.run(library.folder, *command)
        assert ended.code == ART_MISSING, (command, ended)
        assert ended.err.count("\n") == 1
    assert list(library.art.iterdir()) == [], "something was written into the mount point"
    with mounted("--bind", tmp_path / "elsewhere", library.art):
        assert differences(state_of(library.db, library.art), before) == []
        assert forge.run(library.folder, "run", *CHEAP, "-j", "1").calls["rename"] == 0
        assert violations(library.db, library.art) == []


@pytest.mark.skipif(not os.geteuid() and not shutil.which("setpriv"), reason="root may write everywhere")
@pytest.mark.parametrize("folder", [".scratch", "."])
def test_folder_that_may_not_be_written(library: TestLibrary, folder: str) -> None:
    small(library.img / "0.png", 0)
    (library.art / ".scratch").mkdir(parents=True)
    for command in (("register", "--copy", "img"), ("run", *CHEAP, "-j", "1")):
        with read_only(library.art / folder):
            result = without_privileges(library, *command)
        if folder == ".scratch" or result.code:
            assert_one_sentence(result.code, result.err)
        if library.db.exists():
            assert_no_attempt_charged(library)
        assert without_privileges(library, *command).code == 0
    assert library.value("SELECT count(*) FROM jobs WHERE status = 'completed'") == 3


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    folder.chmod(0o500)
    try:
        yield
    finally:
        folder.chmod(0o755)


def without_privileges(library: TestLibrary, *arguments: object) -> Result:
    """Run a command that has to obey the permissions of files."""
    obedient = [] if os.geteuid() else ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    done = subprocess.run(
        [*obedient, *tool(*arguments)], cwd=library.folder, capture_output=True, text=True, check=False
    )
    return Result(done.returncode, done.stdout, done.stderr)


@needs_strace
@pytest.mark.parametrize(
    "fault",
    [
        "fsync:error=EIO:when=1",
        "fsync:error=ENOSPC:when=4",
        "rename:error=EDQUOT:when=2",
        "mkdir:error=ENOSPC:when=2",
        "pwrite64:error=EIO:when=9",
        "fdatasync:error=EIO:when=3",
    ],
)
def test_system_call_that_fails(library: TestLibrary, fault: str) -> None:
    source(library.img, 3)
    library.ok("register", "--approve", "img")
    result = injected(library, fault, "run", *CHEAP, "-j", "1")
    assert_one_sentence(result.code, result.err)
    assert_no_attempt_charged(library)
    assert broken(library.db, library.art) == []
    library.ok("run", *CHEAP)
    assert library.value("SELECT count(*) FROM jobs WHERE status = 'completed'") == 3 * len(CHEAP)


@needs_strace
@pytest.mark.parametrize("fault", ["fsync:error=EIO:when=1", "fchmod:error=EIO:when=1", "mkdir:error=EROFS:when=2"])
def test_system_call_that_fails_while_copying(library: TestLibrary, fault: str) -> None:
    source(library.img, 3)
    library.ok("init")
    result = injected(library, fault, "register", "--copy", "img")
    assert_one_sentence(result.code, result.err)
    library.ok("register", "img")
    assert library.value("SELECT count(*) FROM artifacts WHERE stage = 'upstream'") == 3


@needs_strace
def test_killed_where_there_are_no_hard_links(library: TestLibrary) -> None:
    source(library.img, 3)
    library.ok("init")
    no_links = "link,linkat:error=EPERM"
    result = injected(library, no_links, "rename:signal=KILL:when=2", "register", "--copy", "img")
    assert result.code == -signal.SIGKILL
    assert broken(library.db, library.art) == []
    assert injected(library, no_links, "register", "--copy", "img").code == 0
    assert sorted(library.files()) == ["upstream/0.png", "upstream/1.png", "upstream/2.png"]
    assert library.value("SELECT count(*) FROM artifacts WHERE stage = 'upstream'") == 3


def injected(library: TestLibrary, *faults_and_command: str) -> Result:
    """Run a command in which system calls fail; its workers are traced too."""
    faults = [word for word in faults_and_command if ":" in word]
    calls = ",".join(fault.partition(":")[0] for fault in faults)
    trace = ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={calls}", "-e", "signal=none"]
    for fault in faults:
        trace += ["-e", f"inject={fault}"]
    command = tool(*(word for word in faults_and_command if ":" not in word))
    done = subprocess.run([*trace, *command], cwd=library.folder, capture_output=True, text=True, check=False)
    return Result(done.returncode, done.stdout, done.stderr)
