"""The process is weighed, gives back what it can, and says when it is near its limit."""

import threading

import pytest

from lookervault.memory import Scales, affordable, anonymous, give_back
from lookervault.messages import Weighed
from lookervault.store.codec import compress, decompress

MIB = 2**20


def scales(most, memory):
    return Scales(most, now=lambda: 0.0, weigh=lambda: memory)


def test_what_a_process_takes_is_seen():
    before = anonymous()
    block = bytearray(b"x") * (64 * MIB)

    after = anonymous()

    assert after - before > 60 * MIB
    del block
    give_back()
    assert anonymous() < after - 60 * MIB


def test_it_is_over_when_it_is_above_the_limit():
    assert scales(100, 100).weighed() == Weighed(100, over=False)
    assert scales(100, 101).weighed() == Weighed(101, over=True)
    assert scales(None, 10**12).weighed() == Weighed(10**12, over=False)


def test_the_bytes_in_hand_fit_what_is_free():
    most, credit = 150 * MIB, 64 * MIB

    assert affordable(credit, 1000 * MIB, 50 * MIB) == credit
    assert affordable(credit, most, 50 * MIB) == 35 * MIB
    assert affordable(credit, most, 10**12) == MIB


def test_only_a_limit_of_the_process_itself_makes_them_fewer():
    assert Scales(1, now=lambda: 0.0).afford(64 * MIB) == MIB
    assert Scales(None, now=lambda: 0.0).afford(64 * MIB) == 64 * MIB
    assert scales(100, 10**12).afford(64 * MIB) == 64 * MIB


def test_only_the_process_itself_holds_readers_up():
    assert not scales(100, 10**12).tight()
    assert Scales(1, now=lambda: 0.0).tight()
    assert not Scales(10**12, now=lambda: 0.0).tight()
    assert not Scales(None, now=lambda: 0.0).tight()


@pytest.mark.parametrize("threads", [1, 32])
def test_threads_share_what_packs_and_never_a_packing(threads):
    bodies = [bytes([n]) * 100_000 + bytes(range(256)) * n for n in range(threads)]
    packed = [None] * threads

    def pack(n):
        for _ in range(20):
            packed[n] = compress(bodies[n])

    some = [threading.Thread(target=pack, args=(n,)) for n in range(threads)]
    for thread in some:
        thread.start()
    for thread in some:
        thread.join()

    assert [
        decompress(p, len(b)) for p, b in zip(packed, bodies, strict=True)
    ] == bodies
