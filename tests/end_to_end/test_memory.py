"""A run stays below the memory that it may have, however large the items are."""

import base64
import json
import random
import threading

import psutil
import pytest

pytestmark = pytest.mark.slow

MOST = 150 * 2**20
"""What `--max-memory 150MiB` allows."""

EVERY = 0.01
"""Seconds between two looks at the process."""


def item(number, size):
    """A dashboard of *size* bytes that hardly can be compressed."""
    noise = random.Random(number).randbytes(3 * size // 4)
    text = base64.b64encode(noise).decode()
    return json.dumps(
        {
            "id": str(number),
            "title": f"Dashboard {number}",
            "updated_at": "2026-01-01T00:00:00.000+00:00",
            "deleted": False,
            "dashboard_elements": [
                {"note_text": text[at : at + 2000]} for at in range(0, len(text), 2000)
            ],
        }
    )


@pytest.fixture
def content(tmp_path):
    """Makes a directory of *number* dashboards of *size* bytes."""

    def content(number, size):
        folder = tmp_path / "content" / "dashboards"
        folder.mkdir(parents=True)
        for n in range(1, number + 1):
            (folder / f"{n}.json").write_text(item(n, size))
        return str(folder.parent)

    return content


class Peak:
    """Watches a process from outside, and knows the most anonymous memory it had."""

    def __init__(self, pid):
        self.bytes = 0
        self.looks = 0
        self._process = psutil.Process(pid)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()

    def _watch(self):
        while not self._over.wait(EVERY):
            try:
                info = self._process.memory_info()
            except psutil.Error:
                return
            self.bytes = max(self.bytes, info.rss - getattr(info, "shared", 0))
            self.looks += 1


@pytest.mark.parametrize(
    ("number", "size"),
    [
        pytest.param(40, 5 * 2**20, id="items of 5 MiB"),
        pytest.param(4000, 50 * 2**10, id="pages of 5 MB, of 100 items"),
        pytest.param(40, 2**20, id="one page that would be 40 MB"),
    ],
)
def test_with_50_workers_and_large_pages_150_mib_are_enough(
    simulated, content, number, size
):
    _, command = simulated(content=content(number, size))
    limits = ("--max-memory", "150MiB", "--workers", 50)

    started = command.start("dashboards", *limits)
    with Peak(started.process.pid) as peak:
        ended = started.ended()

    assert ended.status == 0, ended.err
    assert ended.summary["stored"] == number
    assert peak.looks > 50
    assert peak.bytes < MOST
    assert ended.summary["peak_memory"] < MOST
    assert len(command.listed("dashboards")) == number
