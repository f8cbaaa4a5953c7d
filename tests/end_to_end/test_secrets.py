"""No secret and no token is in anything that a run leaves behind, whatever goes wrong."""

import contextlib
import json
from pathlib import Path

import pytest

from lookervault.simulator.settings import Settings
from lookervault.simulator.tokens import Tokens
from lookervault.simulator.wire import Request

from .conftest import FEW

SECRET = "canary/SECRET+of a test"
PASSWORD = "canary-PASSWORD"


def tokens(looker, settings):
    """All tokens that *looker* has handed out: they follow from its settings."""
    double = Tokens(settings)
    form = "client_id=simulator&client_secret=canary%2FSECRET%2Bof+a+test"
    ask = Request(method="POST", target="/login", headers={}, body=form.encode())
    answers = [double.login(ask, 0.0) for _ in range(looker.stats()["logins"])]
    return [json.loads(answer.body)["access_token"] for answer in answers]


def everything(folder, ended):
    """All that a command said, and all bytes that it left in *folder*."""
    files = [file for file in folder.rglob("*") if file.is_file()]
    texts = [ended.out.encode(), ended.err.encode()]
    return b"\n".join([*texts, *(file.read_bytes() for file in files)])


@pytest.mark.parametrize("form", ["json", pytest.param("text", marks=pytest.mark.slow)])
def test_a_run_in_trouble_tells_no_secret(simulate, command_of, tmp_path, form):
    settings = {
        "sizes": {**FEW, "dashboards": 150},
        "client_secret": SECRET,
        "fail_rate": 0.05,
        "token_ttl": 0.3,
        "latency": 0.05,
    }
    looker = simulate(**settings)
    command = command_of(looker)
    log = tmp_path / "run.log"

    ended = command.extract(
        *("--debug", "--verbose", "--workers", 4, "--batch-size", 10),
        *("--log-file", log, "--log-format", form),
        as_json=form == "json",
    )

    told = tokens(looker, Settings(**settings))
    assert len(told) > 2
    assert looker.stats()["faults"] > 0
    assert "urllib3" in log.read_text()
    left = everything(tmp_path, ended)
    assert [token for token in (*told, "canary") if token.encode() in left] == []


@pytest.mark.parametrize(
    "how", ["secret", pytest.param("proxy", marks=pytest.mark.slow)]
)
def test_a_run_that_fails_tells_no_secret_even_where_it_failed(
    simulate, command_of, tmp_path, how
):
    command = command_of(simulate(sizes=FEW))
    if how == "secret":
        command.environ["LOOKERSDK_CLIENT_SECRET"] = SECRET
    else:
        command.environ |= {
            "LOOKERSDK_BASE_URL": "https://looker.invalid",
            "https_proxy": f"http://me:{PASSWORD}@127.0.0.1:9",
        }
    log = tmp_path / "run.log"

    ended = command.extract("--debug", "--log-file", log)

    assert ended.status in (5, 13)
    assert "Traceback" in ended.err
    assert log.exists()
    assert b"canary" not in everything(tmp_path, ended)


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs Linux")
def test_no_secret_is_among_the_arguments_of_a_process(simulate, command_of, tmp_path):
    looker = simulate(sizes=FEW, client_secret=SECRET, latency=0.1)
    command = command_of(looker)
    secret = tmp_path / "secret"
    secret.write_text(SECRET)
    secret.chmod(0o600)
    config = tmp_path / "lookervault" / "config.toml"
    config.parent.mkdir()
    config.write_text(
        f'[instances.one]\nbase_url = "{looker.base_url}"\n'
        f'client_id = "simulator"\nclient_secret_command = ["cat", "{secret}"]\n'
    )
    del command.environ["LOOKERSDK_CLIENT_SECRET"]

    started = command.start("roles", "looks", "--profile", "one")
    seen = set()
    while started.process.poll() is None:
        seen |= set(arguments(started.process.pid))
    ended = started.ended()

    assert ended.status == 0
    assert any(b"--profile" in line for line in seen)
    assert not any(b"canary" in line for line in seen)


def arguments(process):
    """The command lines of a process and of those that it has started."""
    here = Path(f"/proc/{process}")
    with contextlib.suppress(OSError):
        yield (here / "cmdline").read_bytes()
        for child in (here / "task" / str(process) / "children").read_text().split():
            yield from arguments(child)


def test_a_log_that_cannot_be_opened_is_told_before_anything_is_sent(
    simulate, command_of, tmp_path
):
    looker = simulate(sizes=FEW)
    command = command_of(looker)

    ended = command.extract("--log-file", tmp_path / "missing" / "run.log")

    assert (ended.status, ended.out) == (2, "")
    assert ended.err.count("\n") == 1
    assert "run.log cannot be opened: No such file or directory" in ended.err
    assert looker.log() == []
    assert not command.path.exists()


def test_a_disk_that_is_full_under_the_log_does_not_end_the_run(simulate, command_of):
    command = command_of(simulate(sizes=FEW))

    ended = command.extract("--log-file", "/dev/full")

    assert ended.status == 0
    assert ended.summary["status"] == "complete"
    assert "the log /dev/full is not whole: No space left on device." in ended.err


def test_a_log_has_the_whole_run(simulate, command_of, tmp_path):
    log = tmp_path / "run.log"
    command = command_of(simulate(sizes=FEW))

    ended = command.extract("--log-file", log, "--log-format", "json", "--debug")

    records = [json.loads(line) for line in log.read_text().splitlines()]
    types = [it["message_type"] for it in records if "message_type" in it]
    assert (types[0], types[-1]) == ("start", "summary")
    assert types.count("kind_done") == len(ended.summary["kinds"])
    # Logins are no work of a worker's, and so they are not among them.
    assert 0 < types.count("request") <= ended.summary["calls"]
