"""Processes to be killed: one imports everything, and forks a child for each search.

As a script it reads a line of JSON for each child, and prints how that one ended.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path

PACKAGE = f"{os.sep}skhpo{os.sep}"


@contextmanager
def nursery():
    """Return a context with a function that runs a search in a process of its own.

    It takes what :func:`run` does, and returns what the search has found; None if it was killed.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    server = subprocess.Popen(
        [sys.executable, "-W", "error", __file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )

    def search(name, storage, log, *, after=None, at_line=None, **settings):
        answer = Path(f"{log}.answer")
        order = {
            "name": name,
            "storage": str(storage),
            "log": str(log),
            "answer": str(answer),
            "after": after,
            "at_line": at_line,
            "settings": settings,
        }
        server.stdin.write(json.dumps(order) + "\n")
        server.stdin.flush()
        code = int(server.stdout.readline())
        if code == -signal.SIGKILL:
            return None
        assert code == 0, f"the search ended with {code}"
        return json.loads(answer.read_text())

    try:
        yield search
    finally:
        server.stdin.close()
        server.stdout.close()
        server.wait()


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def die_after(n_records):
    """Be killed as soon as so many records are written."""
    from skhpo.storage.journal import Journal

    append = Journal.append

    def counted(self, content):
        nonlocal n_records
        before = self.n_records
        append(self, content)
        n_records -= self.n_records - before
        if n_records == 0:
            die()

    Journal.append = counted


def die_at_line(number):
    """Be killed before so many lines of skhpo were executed; any line is as likely."""

    def step(frame, kind, value):
        nonlocal number
        if kind == "line":
            number -= 1
            if number <= 0:
                die()
        return step

    sys.settrace(lambda frame, kind, value: step if PACKAGE in frame.f_code.co_filename else None)


def run(order):
    """Run a search, and write down what it has found."""
    from stored_searches import X, found, search_of, y

    search = search_of(order["name"], order["storage"], order["log"], **order["settings"])
    if order["after"] is not None:
        die_after(order["after"])
    if order["at_line"] is not None:
        die_at_line(order["at_line"])
    search.fit(X, y)
    sys.settrace(None)
    Path(order["answer"]).write_text(json.dumps(found(search)))


def serve():
    import stored_searches  # noqa: F401 - once, for all children

    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                run(json.loads(line))
                code = 0
            except BaseException:
                sys.excepthook(*sys.exc_info())
            finally:
                sys.stderr.flush()
                os._exit(code)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    warnings.simplefilter("error")
    serve()
