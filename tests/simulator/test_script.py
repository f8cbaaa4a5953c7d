"""A script says what becomes of each request in turn, and a wrong word is named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.errors import UsageError
from lookervault.simulator.faults import Fault
from lookervault.simulator.script import (
    AS_IT_IS,
    Scripts,
    Word,
    parse_script,
    parse_scripts,
)

WORDS = ["200", "404", "429:7", "RST", "CUT", "SLOW:3", "HANG"]


def told(script, turns):
    return [script.word(turn) for turn in range(turns)]


def test_each_word_is_read_as_what_it_stands_for():
    script = parse_script("200 404 500 502 503 503:2 429 429:5 RST CUT HTML EMPTY NULL")

    assert [(w.status, w.fault, w.retry_after) for w in script.words] == [
        (200, None, None),
        (404, Fault.STATUS, None),
        (500, Fault.ERROR, None),
        (502, Fault.GATEWAY, None),
        (503, Fault.UNAVAILABLE, None),
        (503, Fault.UNAVAILABLE, 2),
        (429, Fault.STATUS, None),
        (429, Fault.STATUS, 5),
        (200, Fault.RESET, None),
        (200, Fault.TRUNCATED, None),
        (200, Fault.HTML, None),
        (200, Fault.EMPTY, None),
        (200, Fault.NULL, None),
    ]
    assert parse_script("429@5 503@-60 429=-1 503=9999999999").words == (
        Word(fault=Fault.STATUS, status=429, ahead=5),
        Word(fault=Fault.UNAVAILABLE, status=503, ahead=-60),
        Word(fault=Fault.STATUS, status=429, retry_after="-1"),
        Word(fault=Fault.UNAVAILABLE, status=503, retry_after="9999999999"),
    )
    assert parse_script("HANG SLOW:2.5").words == (
        Word(fault=Fault.HANG),
        Word(over=2.5),
    )


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8))
def test_after_the_last_word_all_goes_well(words):
    script = parse_script(" ".join(words))

    assert told(script, len(words)) == list(script.words)
    assert {script.word(len(words) + turn) for turn in range(20)} == {AS_IT_IS}


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=8))
def test_a_star_begins_again_and_dots_go_on_with_the_last_word(words):
    text = " ".join(words)
    again, on = parse_script(f"{text} *"), parse_script(f"{text} ...")

    assert told(again, 3 * len(words)) == 3 * list(again.words)
    assert told(on, len(words)) == list(on.words)
    assert {on.word(len(words) + turn) for turn in range(20)} == {on.words[-1]}


def test_a_request_takes_a_word_of_the_script_that_fits_it_closest():
    texts = ["500 500", "looks: 404", "search_looks: CUT"]
    scripts = Scripts(parse_scripts(texts))
    asked = [
        ("search_looks", "looks"),
        ("look", "looks"),
        ("look", "looks"),
        ("user", "users"),
        ("search_looks", "looks"),
        ("me", ""),
        ("user", "users"),
    ]

    statuses = [scripts.take(*each).status for each in asked]

    assert statuses == [200, 404, 200, 500, 200, 500, 200]


def test_one_text_is_one_script():
    assert parse_scripts("200 500") == parse_scripts(["200 500"])


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("200 TEAPOT", "'TEAPOT'"),
        ("rst", "'rst'"),
        ("399", "'399'"),
        ("600", "'600'"),
        ("201", "'201'"),
        ("429:", "'429:'"),
        ("429:1.5", "'429:1.5'"),
        ("429:-1", "'429:-1'"),
        ("٤٢٩:1", "'٤٢٩:1'"),
        ("500:3", "'500:3'"),
        ("429@", "'429@'"),
        ("429@1.5", "'429@1.5'"),
        ("429@99999", "'429@99999'"),
        ("429@-" + 5000 * "9", "is no word"),
        ("500@3", "'500@3'"),
        ("429=", "'429='"),
        ("200=3", "'200=3'"),
        ("SLOW", "'SLOW'"),
        ("SLOW:x", "'SLOW:x'"),
        ("RST:1", "'RST:1'"),
        ("SLOW:99999", "'SLOW:99999'"),
        ("* 200", r"'\*'"),
        ("dashbords: 200", "did you mean dashboards"),
        ("nobody: 200", "'nobody'"),
        ("", "says nothing"),
        ("*", "says nothing"),
        ("looks:", "says nothing"),
    ],
)
def test_what_makes_no_sense_is_named(text, named):
    with pytest.raises(UsageError, match=named):
        parse_script(text)


@given(st.text())
def test_any_text_is_a_script_or_a_usage_error(text):
    try:
        script = parse_script(text)
    except UsageError:
        return

    assert script.words


def test_two_scripts_for_the_same_requests_are_refused():
    with pytest.raises(UsageError, match="for 'looks'"):
        parse_scripts(["looks: 200", "looks: 500"])
    with pytest.raises(UsageError, match="for all requests"):
        parse_scripts(["200", "500"])
