"""``check``, ``repair`` and ``copy``: what they print, and how they end."""

import contextlib
import json

import pytest
from msgspec.structs import replace

from lookervault.core import audit
from lookervault.core.audit import What
from lookervault.errors import LookerError, Sort, VaultError
from lookervault.repair import Became, Outcome
from lookervault.store.share import Beat, Seen, Share

SEEN = Seen(snapshots=1, versions=1200, bodies=1, read=1, bytes=2048)
LOST = audit.Finding(
    what=What.BODY,
    told="The body of looks/\x1b[31m7 that run 3 found is missing.",
    advice="lookervault repair fetches it again.",
    kind="looks",
    id="\x1b[31m7",
    run=3,
)
NOTE = audit.left_over(2)
FILE = audit.of_file("The file is cut off.")


@pytest.fixture
def told(app):
    return Told(app)


class Told(list):
    """What is found; `asked` is how it was looked for."""

    def __init__(self, app):
        super().__init__([Beat(1, 9, "items"), SEEN])
        self.asked = []
        app.inspect = self.inspect

    def inspect(self, path, share):
        self.asked.append((path.name, share))
        for message in self:
            if isinstance(message, Exception):
                raise message
            yield message


def objects(result):
    assert result.stdout.isascii()
    return [json.loads(line) for line in result.stdout.splitlines()]


# check


def test_check_says_in_one_line_what_was_looked_at(run, told):
    result = run("check", "--vault", "here")

    assert result.exit_code == 0
    assert result.stdout == (
        "here: no damage in 1 snapshot, 1,200 versions, 1 body; that the bodies are "
        "there was checked, not what is in them (--read-data).\n"
    )
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("options", "share", "said"),
    [
        ([], Share(0, 0), "(--read-data)"),
        (["--read-data"], Share(1, 1), "all bodies were read (2 KiB)"),
        (["--read-data-subset", "2/7"], Share(2, 7), "1 of the bodies were read"),
    ],
)
def test_check_reads_the_bodies_that_it_is_told_to(run, told, options, share, said):
    result = run("check", *options)

    assert told.asked == [("looker.vault", share)]
    assert said in result.stdout


@pytest.mark.parametrize("value", ["0/7", "8/7", "1", "1/0", "a/b", "-1/7", "1/7/2"])
def test_a_part_that_is_none_is_a_usage_error(run, told, value):
    result = run("check", "--read-data-subset", value)

    assert result.exit_code == 2
    assert "say 1/7 for the first of seven" in result.stderr
    assert told.asked == []


def test_all_and_a_part_at_once_is_a_usage_error(run, told):
    assert run("check", "--read-data", "--read-data-subset", "1/2").exit_code == 2


def test_check_lists_what_is_damaged_and_ends_with_14(run, told):
    told[1:1] = [LOST, NOTE]

    result = run("check", "--vault", "here")

    assert result.exit_code == 14
    assert result.stdout == (
        "damaged: The body of looks/\\x1b[31m7 that run 3 found is missing. "
        "lookervault repair fetches it again.\n"
        "note: 2 bodies are left over, which no version names. That is lost space.\n"
    )
    assert result.stderr == (
        "lookervault: the vault here is damaged: 1 thing is wrong, as listed.\n"
    )


def test_remarks_are_no_damage(run, told):
    told[1:1] = [NOTE]

    result = run("check")

    assert result.exit_code == 0
    assert "no damage" in result.stdout


def test_check_json_prints_an_object_for_each_and_a_summary(run, told):
    told[1:1] = [LOST, NOTE]

    found, note, summary = objects(run("check", "--json", "--vault", "here"))

    assert found == {
        "message_type": "damage",
        "what": "body",
        "kind": "looks",
        "id": "\x1b[31m7",
        "run": "3",
        "told": LOST.told,
        "advice": LOST.advice,
    }
    assert note["message_type"] == "note"
    assert summary == {
        "message_type": "summary",
        "vault": "here",
        "damaged": 1,
        "snapshots": 1,
        "versions": 1200,
        "bodies": 1,
        "read": 1,
        "bytes": 2048,
        "exit_code": 14,
    }


def test_a_vault_that_could_not_be_looked_at_to_the_end_has_no_numbers(run, told):
    told[:] = [FILE]

    *_, summary = objects(run("check", "--json"))

    assert (summary["versions"], summary["exit_code"]) == (None, 14)


def test_check_of_no_vault_ends_with_10(run, told):
    told[:] = [VaultError("There is no vault at here.")]

    result = run("check")

    assert (result.exit_code, result.stdout) == (10, "")
    assert result.stderr == "lookervault: There is no vault at here.\n"


# repair


@pytest.fixture
def work(app):
    """What becomes of what is found; an error is raised."""
    outcomes = []

    class Work:
        def outcomes(self, findings):
            outcomes.append(findings)
            for outcome in outcomes[:-1]:
                if isinstance(outcome, Exception):
                    raise outcome
                yield outcome

    app.repair = lambda path, source, app: contextlib.nullcontext(Work())
    return outcomes


def became(word, told="It is so.", **where):
    return Outcome(became=word, told=told, **where)


def test_repair_reads_all_and_asks_nobody_if_nothing_is_damaged(run, told, work, app):
    told[1:1] = [NOTE]
    app.source = None

    result = run("repair", "--vault", "here")

    assert told.asked == [("here", Share(1, 1))]
    assert result.exit_code == 0
    assert result.stdout == "here: nothing is to be repaired.\n"


def test_repair_hands_on_what_is_damaged_and_what_was_lost_before(run, told, work):
    before = replace(LOST, harm=False)
    told[1:1] = [LOST, NOTE, before]
    work += [became(Became.RESTORED, "looks/\x1b[31m7 is what it was again.")]

    result = run("repair")

    assert work[-1] == [LOST, before]
    assert result.exit_code == 0
    assert result.stdout == "restored: looks/\\x1b[31m7 is what it was again.\n"
    assert result.stderr == ""


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ([Became.RESTORED, Became.NEWER], 0),
        ([Became.RESTORED, Became.LOST], 3),
        ([Became.FAILED], 3),
        ([Became.NOTED], 3),
        ([Became.RESTORED, Became.LEFT, Became.LOST], 14),
    ],
)
def test_the_exit_status_of_repair_says_whether_all_came_back(
    run, told, work, words, status
):
    told[1:1] = [LOST]
    work += [became(word) for word in words]

    result = run("repair")

    assert result.exit_code == status
    assert result.stderr.count("\n") == bool(status)


def test_repair_json_prints_an_object_for_each_and_a_summary(run, told, work):
    told[1:1] = [LOST, LOST]
    work += [
        became(Became.NEWER, kind="looks", id="7", run=4),
        became(Became.LOST, kind="looks", id="7", run=3),
    ]

    newer, _, summary = objects(run("repair", "--json", "--vault", "here"))

    assert newer == {
        "message_type": "outcome",
        "became": "newer",
        "kind": "looks",
        "id": "7",
        "run": "4",
        "told": "It is so.",
    }
    assert summary == {
        "message_type": "summary",
        "vault": "here",
        "damaged": 2,
        "restored": 0,
        "newer": 1,
        "failed": 0,
        "lost": 1,
        "noted": 0,
        "left": 0,
        "exit_code": 3,
    }


def test_repair_writes_nothing_into_a_file_that_is_broken(run, told, work):
    told[1:1] = [LOST, FILE]

    result = run("repair")

    assert result.exit_code == 14
    assert result.stdout.startswith("left: The file is cut off. Go back to a copy")
    assert "beyond what can be repaired" in result.stderr
    assert work == []


def test_trouble_with_looker_in_the_middle_ends_a_repair_with_its_status(
    run, told, work
):
    told[1:1] = [LOST]
    work += [became(Became.RESTORED), LookerError(Sort.UNREACHABLE, "Gone.")]

    result = run("repair")

    assert result.exit_code == 5
    assert result.stdout == "restored: It is so.\n"
    assert result.stderr == "lookervault: Gone.\n"


# The lists that others print


def test_ls_shows_what_is_lost(run, vault):
    first, second, *_ = vault.heads
    vault.heads[:2] = [replace(first, lost=True), second]

    states = [it["state"] for it in objects(run("ls", "looks", "--json"))]

    assert states == ["lost", "present"]
