"""Half a character is no reason to lose an item, nor to change a byte of it."""

import json
import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lookervault.core.halves import Halves
from lookervault.records import Row

PRIVATE = "\ue000\ue001\uf8ff"
TEXTS = st.text(st.sampled_from('\ud83d\ude00\udc00a\\u"e0é\n' + PRIVATE)) | st.text(
    st.characters()
)
VALUES = st.recursive(
    TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner),
)


def written(value, *, ascii_):
    """JSON of *value* with each half as an escape; lone ones cannot be written else."""
    text = json.dumps(value, ensure_ascii=ascii_)
    text = re.sub("[\ud800-\udfff]", lambda m: f"\\u{ord(m[0]):04X}", text)
    return text.encode()


def halves_of(text):
    """Its halves, as Python reads them: pairs have become one character each."""
    return re.findall("[\ud800-\udfff]", str_of(text))


def str_of(body):
    return json.dumps(json.loads(body), ensure_ascii=False)


@given(VALUES, st.booleans())
def test_what_is_put_aside_can_be_read_and_put_back(value, ascii_):
    body = written(value, ascii_=ascii_)
    if not halves_of(body):
        with pytest.raises(ValueError, match="no half"):
            Halves(body)
        msgspec.json.decode(body)
        return
    halves = Halves(body)

    aside = halves.aside(body)

    assert len(aside) == len(body)
    read = json.dumps(msgspec.json.decode(aside), ensure_ascii=False)
    shown = re.sub("[\ud800-\udfff]", "\ufffd", str_of(body))
    if "{" not in shown:  # two keys of which only the halves differ are one when shown
        assert halves.shown(read) == shown
    assert halves.back(aside) == body


def test_only_halves_are_put_aside():
    body = rb'["\ud83d\ude00", "\\ud83d", "\ud83d", "\uD83D\ud83d\uDE00", "\ue000", "\\\ude00"]'
    halves = Halves(body)

    aside = halves.aside(body)

    assert msgspec.json.decode(aside) == [
        "😀",
        r"\ud83d",
        "\ue001",
        "\ue002😀",
        "\ue000",
        "\\\ue003",
    ]
    assert halves.back(aside) == body
    assert halves.shown("\ue001 \ue000") == "\ufffd \ue000"


def test_what_was_read_and_written_anew_is_put_back_as_an_escape():
    body = rb'{"a \ud83d": "\ud83d", "\\ue000 \u005cue000": 1}'
    halves = Halves(body)

    anew = msgspec.json.encode(msgspec.json.decode(halves.aside(body)))

    assert json.loads(halves.back(anew)) == json.loads(body)


def test_two_texts_have_one_stand_in_for_what_both_have():
    one, other = rb'["\ud83d"]', rb'["\ude00", "\ud83d", "\ue000"]'
    halves = Halves(one, other)

    first, second = (msgspec.json.decode(halves.aside(body)) for body in (one, other))

    assert first[0] == second[1]
    assert len({*first, *second}) == 3


def test_more_halves_than_there_are_characters_to_stand_in_are_refused():
    body = json.dumps([chr(code) for code in range(0xD800, 0xE000)]).encode()
    taken = "".join(map(chr, range(0xE000, 0xF800))).encode()

    with pytest.raises(ValueError, match="too many"):
        Halves(body.replace(b'", "', b" "), taken)


def test_a_row_can_be_shown_but_for_its_id():
    halves = Halves(rb'"\ud83d"')

    row = halves.row(Row("1", "\ue000", deleted=True, folder="a\ue000"))

    assert row == Row("1", "\ufffd", deleted=True, folder="a\ufffd")
    assert halves.row(Row("1")) == Row("1")
    with pytest.raises(ValueError, match="half a character in its id"):
        halves.row(Row("x\ue000"))
