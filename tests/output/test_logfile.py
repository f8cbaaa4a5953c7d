"""A log has what happened, without secrets, and never stands in the way of a run."""

import json
import logging
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import lookervault
from lookervault.errors import UsageError
from lookervault.output.entries import Entries
from lookervault.output.logfile import LOGGERS, opened

from .conftest import HOSTILE

SECRET = "canary/CANARY"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z ")

ours = logging.getLogger("lookervault.test")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.log"


@pytest.fixture
def logged(path):
    """Logs with *write*, and returns the lines that came of it."""

    def logged(write, *, form="text", debug=False):
        with opened(path, form=form, debug=debug, secrets=lambda: [SECRET]) as file:
            write()
            assert file.trouble is None
        return path.read_text("utf-8").splitlines()

    return logged


@pytest.fixture
def run(show, logged):
    """Logs the run of the fixture `events`."""

    def run(*, form="text", verbose=False, debug=False):
        def write():
            show(lambda view: Entries(view.tally, verbose=verbose, debug=debug))

        return logged(write, form=form, debug=debug)

    return run


def test_a_record_is_a_line_with_time_level_and_who_says_it(logged):
    (line,) = logged(lambda: ours.warning("two\nlines of %s", HOSTILE))

    assert TIME.match(line)
    assert " WARNING lookervault.test: two\\nlines of \\x1b]0;owned" in line


def test_as_json_a_record_is_an_object(logged):
    (line,) = logged(lambda: ours.warning("two\nlines"), form="json")

    record = json.loads(line)
    assert TIME.match(record["time"] + " ")
    assert record["level"] == "WARNING"
    assert record["logger"] == "lookervault.test"
    assert record["message"] == "two\nlines"


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_secret_gets_in_by_whatever_way(logged, form):
    def write():
        ours.info("Authorization: token %s", SECRET)
        ours.info("client_secret=abcdefgh and X-Api-Token: abcdefgh")
        try:
            int(SECRET)
        except ValueError:
            ours.exception("it failed")

    text = "\n".join(logged(write, form=form))

    assert "CANARY" not in text
    assert "abcdefgh" not in text
    assert "ValueError" in text


def test_detail_is_for_those_who_ask_for_it(logged):
    assert logged(lambda: ours.debug("detail")) == []
    assert len(logged(lambda: ours.debug("detail"), debug=True)) == 1


@pytest.mark.parametrize("name", LOGGERS)
def test_loggers_are_left_as_they_were(logged, name):
    logger = logging.getLogger(name)
    root = list(logging.getLogger().handlers)
    before = (list(logger.handlers), logger.level, logger.propagate)
    heard = []

    logged(lambda: heard.append(len(logger.handlers)))

    assert heard == [len(before[0]) + 1]
    assert (list(logger.handlers), logger.level, logger.propagate) == before
    assert logging.getLogger().handlers == root


def test_a_log_is_for_its_owner_and_is_appended_to(logged, path):
    logged(lambda: ours.info("one"))
    lines = logged(lambda: ours.info("two"))

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [line[-3:] for line in lines] == ["one", "two"]


@pytest.mark.parametrize("umask", [0o000, 0o277, 0o777])
def test_a_new_log_can_be_read_and_appended_to_whatever_the_umask(logged, path, umask):
    def write():
        ours.info("one")
        path.rename(path.with_suffix(".1"))
        ours.info("two")

    before = os.umask(umask)
    try:
        logged(write)
    finally:
        os.umask(before)

    files = [path, path.with_suffix(".1")]
    assert [stat.S_IMODE(file.stat().st_mode) for file in files] == [0o600, 0o600]


@pytest.mark.parametrize("mode", [0o640, 0o666])
def test_a_log_that_was_there_keeps_its_mode(logged, path, mode):
    path.touch()
    path.chmod(mode)

    logged(lambda: ours.info("one"))

    assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_log_that_is_a_link_to_nothing_is_made_where_it_points(logged, path):
    path.symlink_to(path.with_suffix(".real"))

    logged(lambda: ours.info("one"))

    assert path.with_suffix(".real").read_text().endswith("one\n")


def test_a_log_that_was_moved_away_is_begun_anew(logged, path):
    def write():
        ours.info("one")
        path.rename(path.with_suffix(".1"))
        ours.info("two")

    assert [line[-3:] for line in logged(write)] == ["two"]
    assert path.with_suffix(".1").read_text().endswith("one\n")


@pytest.mark.parametrize("where", ["", "missing/run.log"])
def test_a_log_that_cannot_be_opened_is_a_sentence(tmp_path, where):
    with (
        pytest.raises(UsageError, match=r"cannot be opened: .*--log-file"),
        opened(tmp_path / where, form="text", debug=False, secrets=tuple),
    ):
        pass


def test_a_disk_that_is_full_is_noted_and_ends_nothing(capfd):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("there is no such device here")

    with opened(full, form="text", debug=False, secrets=tuple) as file:
        ours.info("lost")
        ours.info("lost, too")

    assert file.trouble == "No space left on device"
    assert capfd.readouterr() == ("", "")


def test_a_folder_that_goes_away_is_noted_and_ends_nothing(tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    path = folder / "run.log"

    with opened(path, form="text", debug=False, secrets=tuple) as file:
        path.unlink()
        folder.rmdir()
        ours.info("lost")

    assert file.trouble == "No such file or directory"


def test_who_sets_up_no_logging_sees_nothing():
    code = "import lookervault, logging; logging.getLogger('lookervault.x').error('x')"

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout + done.stderr == ""


def test_nothing_of_ours_goes_to_the_root_logger():
    root = re.compile(
        r"logging\.(getLogger\(\)|root\b|basicConfig"
        r"|(debug|info|warning|error|exception|critical|log)\()"
    )
    package = Path(lookervault.__file__).parent

    guilty = [it for it in package.rglob("*.py") if root.search(it.read_text("utf-8"))]

    assert guilty == []


def test_a_run_is_logged_from_its_beginning_to_its_summary(run):
    lines = run()

    assert "run 7 begins" in lines[0]
    assert "Incomplete" in lines[-1]
    assert any("ERROR" in li and "fetcher-1 failed" in li for li in lines)
    assert any("WARNING" in li and "could not be read: looks/" in li for li in lines)
    assert any("WARNING" in li and "everyone slows down" in li for li in lines)
    assert all(TIME.match(line) and "\x1b" not in line for line in lines)


def test_every_gap_is_logged_however_many(run, events):
    events[1:1] = events[7:8] * 50

    assert sum("could not be read" in line for line in run()) == 51


def test_how_far_a_run_is_is_logged_every_ten_seconds(run, events):
    events[1:1] = events[1:2] * 25

    assert sum("workers busy" in line for line in run()) == 3


def test_requests_are_logged_for_those_who_ask_for_them(run):
    assert not any("look for looks" in line for line in run(verbose=True))

    (line,) = (li for li in run(debug=True) if "look for looks" in li)
    assert "lookervault.run/fetcher-1: look for looks: ok after 1.000 s" in line


def test_as_json_an_event_has_its_own_fields(run):
    records = [json.loads(line) for line in run(form="json", debug=True)]

    types = [record.get("message_type") for record in records]
    assert types[0] == "start"
    assert types[-1] == "summary"
    assert {"request", "item_error", "slowdown", "worker_failed"} <= set(types)
    (request,) = (it for it in records if it.get("message_type") == "request")
    assert (request["worker"], request["kind"]) == ("fetcher-1", "looks")
    assert (request["level"], request["outcome"]) == ("DEBUG", "ok")


def test_what_will_be_tried_again_is_logged_for_those_who_ask(run, events, a_retry):
    events[1:1] = [a_retry]

    assert not any("will be tried again" in line for line in run())
    assert any("will be tried again: 500" in line for line in run(verbose=True))
