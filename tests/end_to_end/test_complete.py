"""Everything that Looker has is in the vault, as Looker sent it, once."""

import contextlib
import json
import random
from decimal import Decimal

import pytest

from lookervault.content import KINDS
from lookervault.simulator.process import running
from lookervault.simulator.recipes import CANARY
from lookervault.simulator.settings import SIZES, Settings, Titles

from .conftest import FEW, Command, assert_same_as

BIG = {**SIZES, "dashboards": 20_000}
SAMPLE = 100
"""Items of each kind whose bytes are compared; all of them, if there are fewer."""


@pytest.fixture(
    scope="module",
    params=[FEW, pytest.param(BIG, marks=pytest.mark.slow)],
    ids=lambda sizes: f"{sizes['dashboards']} dashboards",
)
def copied(request, tmp_path_factory):
    """A Looker, the command, and what the command said when it had copied everything."""
    path = tmp_path_factory.mktemp("complete") / "vault"
    with contextlib.ExitStack() as stack:
        looker = stack.enter_context(running(Settings(sizes=request.param)))
        command = Command(looker, path, stack)
        yield looker, command, command.complete()


def exactly(body):
    """JSON with its numbers as they are written."""
    return json.loads(body, parse_float=Decimal)


def without_links(user):
    credentials = user.get("credentials_email") or {}
    for link in ("password_reset_url", "account_setup_url"):
        credentials.pop(link, None)
    return user


def sample(vault, kind):
    heads = list(vault.items(kind))
    return random.Random(kind).sample(heads, min(SAMPLE, len(heads)))


def test_every_id_that_looker_has_is_in_the_vault_and_no_other(copied):
    looker, command, ended = copied

    assert_same_as(looker, command)
    for kind in KINDS:
        assert command.listed(kind) == command.states(kind)
    assert looker.ids("dashboards", trashed=True)
    assert looker.ids("looks", trashed=True)
    counts = {kind: it["stored"] for kind, it in ended.summary["kinds"].items()}
    assert counts == {kind: len(command.states(kind)) for kind in KINDS}


def test_no_item_is_there_twice(copied):
    _, command, ended = copied
    items, bodies = command.entries()

    assert items == bodies == ended.summary["stored"] == ended.summary["new"]
    with command.vault() as vault:
        for kind in KINDS:
            for head in sample(vault, kind):
                assert len(list(vault.versions(kind, head.id))) == 1


@pytest.mark.parametrize("kind", [kind for kind in KINDS if not KINDS[kind].redact])
def test_what_is_stored_is_byte_for_byte_what_was_sent(copied, kind):
    looker, command, _ = copied
    with command.vault() as vault:
        stored = {head: vault.read(head) for head in sample(vault, kind)}

    assert stored
    for head, body in stored.items():
        assert body == looker.body(kind, head.id, head.call), head
        assert not head.redacted
    head, body = stored.popitem()
    assert command.dump(kind, head.id) == body


def test_odd_content_is_part_of_what_was_compared(copied):
    _, command, _ = copied
    with command.vault() as vault:
        bodies = b"".join(vault.read(head) for head in sample(vault, "dashboards"))

    assert b"123456789012345678901234567890" in bodies
    assert b'{"spaced" : [ 1 , 2 ] }' in bodies
    assert b"1.7976931348623157e308" in bodies
    assert b"\\u00e9\\u0000" in bodies
    assert any(ord(letter) > 0xFFFF for letter in bodies.decode())


def test_users_are_what_was_sent_but_for_links_that_work_once(copied):
    looker, command, _ = copied
    with command.vault() as vault:
        stored = {head: vault.read(head) for head in sample(vault, "users")}

    for head, body in stored.items():
        sent = looker.body("users", head.id, head.call)
        assert without_links(exactly(body)) == without_links(exactly(sent))
        assert head.redacted == (CANARY.encode() in sent)
        assert head.redacted or body == sent
    assert any(head.redacted for head in stored)


def test_every_look_has_its_query(copied):
    _, command, _ = copied
    with command.vault() as vault:
        for head in vault.items("looks"):
            look = json.loads(vault.read(head))
            assert look["query"]["id"] == look["query_id"] == f"q{head.id}"


@pytest.mark.parametrize("titles", [Titles.HOSTILE, Titles.BROKEN])
def test_items_that_are_no_proper_text_are_copied_byte_for_byte(
    simulate, command_of, titles
):
    looker = simulate(sizes=FEW, titles=titles)
    command = command_of(looker)

    command.complete()

    assert_same_as(looker, command)
    halves = 0
    with command.vault() as vault:
        for kind in (kind for kind in KINDS if not KINDS[kind].redact):
            for head in vault.items(kind):
                sent = looker.body(kind, head.id, head.call)
                assert vault.read(head) == sent, head
                halves += rb"\ud83d half" in sent or rb"half \ude80" in sent
        for head in vault.items("users"):
            sent = looker.body("users", head.id, head.call)
            assert without_links(exactly(vault.read(head))) == without_links(
                exactly(sent)
            )
    assert bool(halves) == (titles is Titles.BROKEN)


def test_a_link_that_works_once_is_nowhere(copied, command_of):
    looker, command, ended = copied
    talkative = ("users", "--verbose", "--debug")
    spoken = command_of(looker).extract(*talkative, as_json=False)
    user = next(
        u for u in looker.ids("users") if CANARY in str(looker.body("users", u))
    )
    texts = [ended.out, ended.err, spoken.out, spoken.err]
    texts += [str(command.dump("users", user))]
    texts += [str(command.ls("users", "--all"))]
    with command.vault() as vault:
        for kind in KINDS:
            for head in vault.items(kind, gone=True):
                texts += [repr(head)]
                assert CANARY.encode() not in vault.read(head)

    assert not any(CANARY in text for text in texts)
    for file in command.path.rglob("*"):
        assert file.is_dir() or CANARY.encode() not in file.read_bytes()
