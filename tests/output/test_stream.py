"""A reader who leaves does not end the run, and no complaint follows."""

import io
import os

from lookervault.output.stream import Tolerant


def test_what_is_written_arrives():
    stream = io.StringIO()
    tolerant = Tolerant(stream)

    assert tolerant.write("hello") == 5
    tolerant.flush()

    assert stream.getvalue() == "hello"
    assert not tolerant.gone


def test_a_pipe_without_a_reader_takes_everything_from_then_on():
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as pipe:
        tolerant = Tolerant(pipe)

        tolerant.write("x" * 100_000)
        tolerant.flush()
        tolerant.write("more")

        assert tolerant.gone


def test_a_closed_stream_is_no_error():
    stream = io.StringIO()
    stream.close()
    tolerant = Tolerant(stream)

    tolerant.write("late")

    assert tolerant.gone


def test_what_is_to_be_hidden_is_not_written():
    stream = io.StringIO()
    tolerant = Tolerant(stream, lambda text: text.replace("canary", "***"))

    assert tolerant.write("a canary") == 8

    assert stream.getvalue() == "a ***"
