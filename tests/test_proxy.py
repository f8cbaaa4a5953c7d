"""Each trouble of the proxy is what it is called, over real sockets."""

import contextlib
import socket
import threading

import pytest

from lookervault.testing import Proxy, Trouble

ANSWER = bytes(range(256)) * 40


@pytest.fixture
def server():
    """The address of a server that gives everyone the same answer, and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with client, contextlib.suppress(OSError):
                if client.recv(100):
                    client.sendall(ANSWER)

    thread = threading.Thread(target=serve)
    thread.start()
    yield "http://{}:{}".format(*listener.getsockname())
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


@pytest.fixture
def proxy(server):
    before = set(threading.enumerate())
    with Proxy(server) as proxy:
        yield proxy
    assert set(threading.enumerate()) <= before


def reach(proxy):
    return socket.create_connection(("127.0.0.1", int(proxy.url.rpartition(":")[2])), 5)


def pieces(proxy):
    """What arrives, piece by piece, until the other side ends."""
    with reach(proxy) as way:
        way.sendall(b"?")
        while piece := way.recv(65536):
            yield piece


def test_without_trouble_all_of_it_arrives(proxy):
    assert b"".join(pieces(proxy)) == ANSWER


@pytest.mark.parametrize(
    "trouble",
    [
        Trouble(latency=0.001, piece=997),
        Trouble(bandwidth=1e6, piece=1000),
        Trouble(slow_close=0.05),
    ],
)
def test_what_is_slow_arrives_whole(proxy, trouble):
    proxy.trouble = trouble

    assert b"".join(pieces(proxy)) == ANSWER


def test_it_comes_in_slices(proxy):
    proxy.trouble = Trouble(latency=0.002, piece=500)

    sizes = [len(piece) for piece in pieces(proxy)]

    assert sum(sizes) == len(ANSWER)
    assert len(sizes) > len(ANSWER) / 500 / 2


@pytest.mark.parametrize("size", [0, 1, 3000])
def test_it_is_cut_off(proxy, size):
    proxy.trouble = Trouble(cut_after=size)

    assert b"".join(pieces(proxy)) == ANSWER[:size]


def test_it_is_reset(proxy):
    proxy.trouble = Trouble(cut_after=100, reset=True)

    with pytest.raises(ConnectionResetError):
        list(pieces(proxy))


def test_nothing_comes_and_nothing_ends(proxy):
    proxy.trouble = Trouble(silent=True)

    with reach(proxy) as way:
        way.sendall(b"?")
        way.settimeout(0.1)
        with pytest.raises(TimeoutError):
            way.recv(1)


def test_each_connection_takes_a_trouble_of_the_script(proxy):
    proxy.script.extend([Trouble(cut_after=9), Trouble(cut_after=5)])

    sizes = [len(b"".join(pieces(proxy))) for _ in range(3)]

    assert sizes == [9, 5, len(ANSWER)]
    assert proxy.connections == 3


def test_nobody_is_let_in_while_it_is_down(proxy):
    proxy.trouble = Trouble(cut_after=50_000)
    way = reach(proxy)
    while not proxy.connections:
        pass

    proxy.down()

    with pytest.raises(ConnectionRefusedError):
        reach(proxy)
    with way, contextlib.suppress(ConnectionResetError):
        assert way.recv(1) == b""
    proxy.up()
    assert b"".join(pieces(proxy)) == ANSWER


def test_a_server_that_is_away_is_told_by_a_reset():
    with socket.create_server(("127.0.0.1", 0)) as it:
        port = it.getsockname()[1]
    with (
        Proxy(f"http://127.0.0.1:{port}") as nowhere,
        pytest.raises(ConnectionResetError),
    ):
        list(pieces(nowhere))
