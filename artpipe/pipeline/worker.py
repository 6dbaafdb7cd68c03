"""The main program of a worker process: tasks in, outcomes out, until the coordinator closes the line."""

from __future__ import annotations

import os
import signal
import sys
import threading
from multiprocessing.connection import Connection
from pathlib import Path

READY = "ready"


def main(argv: list[str]) -> None:
    """Serve tasks.

    Args:
        argv: descriptor of the connection, descriptor of the lifeline, path of the run's lock file, memory limit
            in MiB (0: none).
    """
    from artpipe.store.locks import RunLock

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _limit_memory(int(argv[3]) << 20)
    connection, lifeline = Connection(int(argv[0])), int(argv[1])
    threading.Thread(target=_die_with_parent, args=(lifeline,), daemon=True).start()
    _lock = RunLock(Path(argv[2]), create=False)  # held until this process is gone: what it writes is still this run's
    connection.send(READY)
    _serve(connection)
    sys.stdout.flush()
    sys.stderr.flush()
    # Nothing is left to be written; taking apart what the libraries hold would only take time.
    os._exit(0)


def _serve(connection: Connection) -> None:
    from artpipe.pipeline.perform import perform

    while True:
        try:
            task = connection.recv()
        except EOFError:
            return
        for outcome in perform(task):
            connection.send(outcome)


def _limit_memory(size: int) -> None:
    """Beyond this, allocating fails: the job ends as out of memory instead of the machine."""
    import resource

    if size:
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = size if hard == resource.RLIM_INFINITY else min(size, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, hard))


def _die_with_parent(lifeline: int) -> None:
    """The coordinator never writes to the lifeline; reading ends when it is gone, however it went."""
    os.read(lifeline, 1)
    if "artpipe.stages.command.family" in sys.modules:
        from artpipe.stages.command import family

        # Programs that this worker started must not outlive it, wherever they went.
        family.end_all_of_the_dying()
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv[1:])
