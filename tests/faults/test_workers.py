"""Workers die alone; runs that die are taken over; runs that overlap share the work."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.gates import Gate
from support.groups import can_limit_memory, in_group, memory_group
from support.library import TestLibrary, tool
from support.photos import small
from support.processes import children, wait_for

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are found through /proc")


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def fill(library: TestLibrary, number: int) -> None:
    for seed in range(number):
        small(library.img / f"{seed}.png", seed, (60, 40))
    library.ok("register", "--approve", "img")


def completed(library: TestLibrary) -> int:
    return int(library.value("SELECT count(*) FROM jobs WHERE status = 'completed'"))


def test_killed_worker_fails_one_job_and_the_run_goes_on(library: TestLibrary) -> None:
    fill(library, 8)
    gate = Gate(library)
    process = library.start("run", "-j", "2", "--json")
    os.kill(gate.wait(process)[0], signal.SIGKILL)
    gate.open()
    out, _ = process.communicate()
    assert process.returncode == 1, out
    failed = library.sql(
        "SELECT stage, error_code, failure_kind, attempts, retry_count FROM jobs WHERE status = 'failed'"
    )
    assert failed == [("gated", "worker-died", "transient", 1, 1)]
    assert "SIGKILL" in library.value("SELECT error_message FROM jobs WHERE status = 'failed'")
    assert completed(library) == 8 * 7 - 1
    # Due again later, not at once.
    assert library.json("run", "gated")["completed"] == 0
    library.sql("UPDATE jobs SET due_at = datetime('now', '-1 minute') WHERE status = 'failed'")
    assert library.json("run", "--dry-run")["by_stage"]["gated"] == {"retry": 1}
    assert library.json("run", "gated")["completed"] == 1
    assert library.sql("SELECT retry_count, attempts FROM jobs WHERE attempts > 1") == [(1, 2)]


def test_job_that_always_fails_ends(library: TestLibrary) -> None:
    fill(library, 1)
    library.settings("[stages.thumbnails-small]\ntimeout = 0.000001\n")
    for attempt in (1, 2, 3):
        result = library.run("run", "thumbnails-small")
        assert result.code == 1
        assert library.sql("SELECT status, error_code, attempts FROM jobs") == [("failed", "timeout", attempt)]
        library.sql("UPDATE jobs SET due_at = datetime('now', '-1 minute')")
    assert library.json("run", "thumbnails-small") == {
        **library.json("run", "thumbnails-small"),
        "completed": 0,
        "failed": 0,
        "remaining": 0,
    }
    library.settings("")
    library.ok("retry")
    assert library.json("run", "thumbnails-small")["completed"] == 1


def test_work_that_never_ends_is_stopped_and_the_rest_is_done(library: TestLibrary) -> None:
    fill(library, 2)
    library.settings("[stages.ersgan-enhanced]\ntimeout = 0.000001\n")
    result = library.run("run")
    assert result.code == 1
    assert library.sql("SELECT stage, error_code, count(*) FROM jobs WHERE status = 'failed' GROUP BY 1, 2") == [
        ("ersgan-enhanced", "timeout", 2)
    ]
    assert completed(library) == 2 * 4


def test_workers_end_with_their_coordinator(library: TestLibrary) -> None:
    fill(library, 6)
    gate = Gate(library)
    process = library.start("run", "-j", "2")
    workers = gate.wait(process, 2)
    process.kill()
    process.communicate()
    wait_for(lambda: not any(alive(pid) for pid in workers))
    gate.open()
    library.ok("run")
    assert completed(library) == 6 * 7


def test_run_counts_as_alive_while_a_process_of_it_is(library: TestLibrary) -> None:
    fill(library, 4)
    gate = Gate(library)
    process = library.start("run", "-j", "1")
    gate.wait(process)
    (lock,) = library.folder.glob("cv.db.runs/*.lock")
    # A worker that the kernel has not ended yet looks like this to others.
    with lock.open() as held_open:
        fcntl.flock(held_open, fcntl.LOCK_SH)
        process.kill()
        process.communicate()
        held = library.value("SELECT count(*) FROM jobs WHERE status = 'running'")
        library.run("run", "--time-limit", "0s")
        assert library.value("SELECT count(*) FROM jobs WHERE status = 'running'") == held > 0
    gate.open()
    library.ok("run")
    assert completed(library) == 4 * 7


def test_four_runs_at_once_do_everything_once(library: TestLibrary) -> None:
    fill(library, 10)
    processes = [library.start("run", "-j", "1") for _ in range(4)]
    answers = [(process.communicate(), process.returncode) for process in processes]
    assert {code for _, code in answers} == {0}, answers
    library.ok("run")
    rows = library.sql("SELECT image_id, stage, count(*) FROM jobs GROUP BY 1, 2")
    assert len(rows) == 10 * 6
    assert {number for _, _, number in rows} == {1}
    assert completed(library) == 10 * 6


def test_clock_that_jumps_loses_and_steals_nothing(library: TestLibrary) -> None:
    fill(library, 4)
    gate = Gate(library)
    process = library.start("run", "-j", "1")
    gate.wait(process)
    # As if the machine's clock had been ten years off when the run began.
    library.sql(
        "UPDATE runs SET started_at = datetime('now', '-10 years'), heartbeat_at = datetime('now', '-10 years')"
    )
    library.sql("UPDATE jobs SET started_at = datetime('now', '+10 years') WHERE status = 'running'")
    # What is left over for it; it ends, although the other goes on.
    library.settings("")
    library.ok("run", "-j", "1")
    assert completed(library) < 4 * 7
    gate.open()
    process.communicate()
    assert process.returncode == 0
    assert completed(library) == 4 * 7
    assert {row[0] for row in library.sql("SELECT outcome FROM runs")} == {"finished"}


def test_failure_while_the_clock_was_ahead_is_tried_again_once_it_is_right(library: TestLibrary) -> None:
    fill(library, 1)
    library.settings('[stages.flaky]\ncommand = ["sh", "-c", "exit 1", "{output}"]\nfor = "all"\n')
    assert library.run("run", "flaky").code == 1
    assert library.json("run", "flaky")["failed"] == 0
    library.sql("UPDATE jobs SET completed_at = datetime(completed_at, '+10 years')")
    library.sql("UPDATE jobs SET due_at = datetime(due_at, '+10 years')")
    assert library.json("run", "flaky")["failed"] == 1
    assert library.value("SELECT attempts FROM jobs") == 2


def test_reserve_stops_a_run_before_the_disk_is_full(library: TestLibrary, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(library, 2)
    monkeypatch.delenv("ARTPIPE_RESERVE")
    library.settings("[run]\nreserve = 1000000000\n")
    result = library.run("run", "thumbnails-small")
    assert result.code == 74
    assert "reserve" in result.err
    assert library.value("SELECT max(attempts) FROM jobs") == 0
    library.settings("[run]\nreserve = 1\n")
    assert library.json("run", "thumbnails-small")["completed"] == 2


def test_memory_limit_fails_the_one_job_that_wants_too_much(library: TestLibrary) -> None:
    fill(library, 2)
    small(library.img / "huge.png", 9, (9000, 9000), compress_level=1)
    library.ok("register", "--approve", "img")
    library.settings("[run]\nmemory_limit = 700\n")
    assert library.run("run", "thumbnails-small", "-j", "1").code == 1
    failed = library.sql("SELECT image_id, failure_kind FROM jobs WHERE status = 'failed'")
    assert failed == [("huge", "transient")]
    assert completed(library) == 2
    library.settings("")
    library.ok("retry")
    library.ok("run", "thumbnails-small")


@pytest.mark.skipif(not can_limit_memory(), reason="no control group of memory can be made here")
def test_worker_that_the_kernel_kills_for_memory_fails_alone(library: TestLibrary) -> None:
    """No limit of ours: the kernel's own killer, set off by a real shortage."""
    fill(library, 3)
    small(library.img / "huge.png", 9, (9000, 9000), compress_level=1)
    library.ok("register", "--approve", "img")
    library.settings("[run]\nmemory_limit = 0\n")
    with memory_group(mib=300) as group:
        code, _, err = in_group(group, tool("run", "thumbnails-small", "-j", "1"), library.folder)
    assert code == 1, err
    failed = library.sql("SELECT image_id, error_code, failure_kind, attempts FROM jobs WHERE status = 'failed'")
    assert failed == [("huge", "worker-died", "transient", 1)]
    assert "SIGKILL" in library.value("SELECT error_message FROM jobs WHERE status = 'failed'")
    assert completed(library) == 3


def test_job_that_an_ended_run_forgot_is_taken_back(library: TestLibrary) -> None:
    fill(library, 1)
    library.run("run", "thumbnails-small", "--time-limit", "0s")
    library.sql("UPDATE jobs SET status = 'running', run_id = (SELECT max(id) FROM runs WHERE ended_at IS NOT NULL)")
    assert library.json("run", "thumbnails-small")["completed"] == 1


def test_worker_that_hangs_is_ended_and_the_rest_is_done(library: TestLibrary) -> None:
    fill(library, 6)
    # Long enough for the others, however busy the machine is: they wait for nothing once the gate is open.
    gate = Gate(library, "timeout = 10\n")
    process = _started_with(library, "handing.PATIENCE = 2.0", "-j", "2")
    # As a decoder that never returns and hears no SIGTERM.
    stuck = gate.wait(process)[0]
    os.kill(stuck, signal.SIGSTOP)
    gate.open()
    process.communicate(timeout=180)
    assert process.returncode == 1
    assert not alive(stuck)
    assert library.sql("SELECT stage, error_code FROM jobs WHERE status = 'failed'") == [("gated", "timeout")]
    assert completed(library) == 6 * 7 - 1


def test_worker_that_hangs_before_it_is_ready_is_replaced(library: TestLibrary) -> None:
    fill(library, 1)
    process = _started_with(library, "executors._START_SECONDS = 3.0", "-j", "1", "thumbnails-small")
    wait_for(lambda: children(process.pid), process)
    os.kill(children(process.pid)[0], signal.SIGSTOP)
    process.communicate(timeout=180)
    assert process.returncode == 0
    assert completed(library) == 1


def _started_with(library: TestLibrary, change: str, *arguments: str) -> subprocess.Popen[bytes]:
    """A run whose limits for what hangs are shorter than anybody would want them."""
    script = (
        f"import sys; from artpipe.pipeline import executors, handing; {change};"
        f"from artpipe.cli.main import main; sys.exit(main(['run', *{arguments!r}]))"
    )
    return subprocess.Popen([sys.executable, "-c", script], cwd=library.folder, stderr=subprocess.PIPE)
