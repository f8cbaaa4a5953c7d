"""Children start in order, stop in reverse, come back by OTP's rules, and are never lost."""

import threading

import pytest

from lookervault.actors.actor import Actor, Address, Pulse
from lookervault.actors.supervisor import Child, Supervisor, nested
from lookervault.actors.threads import Threads
from lookervault.core.restart import Intensity, Restart, Strategy
from lookervault.errors import DiskFailed, GaveUp
from lookervault.messages import Enlist, Exited, Inspect
from lookervault.testing import Inbox

LONG = 20.0
LEASE = 60.0


class Idle(Actor):
    def receive(self, message):
        raise message


class Life:
    """A life that a test can end, or let hang."""

    def __init__(self, nursery, address, report):
        self.name = address.name
        self.pulse = Pulse(nursery.clock.now)
        self.number = address.move_in(self)
        self.left = False
        self.hangs = False
        self._nursery = nursery
        self._report = report

    def tell(self, message):
        """Nothing listens."""

    def ends(self, error=None):
        self._report.tell(Exited.of(self.name, self.number, error))

    def ask_to_stop(self):
        self._nursery.asked.append(self.name)

    def wait(self, patience):
        """Take all of the *patience* if it hangs."""
        if not self.hangs:
            self._nursery.log.append(f"stop {self.name}")
            return True
        self._nursery.waited.append(patience)
        self._nursery.clock.advance(patience)
        return False

    def abandon(self):
        self.left = True


class Nursery:
    """A `Spawn` that keeps a log."""

    def __init__(self, clock):
        self.clock = clock
        self.log = []
        self.asked = []
        self.waited = []
        self.lives = {}

    def __call__(self, address, actor, report):
        self.log.append(f"start {address.name}")
        self.lives[address.name] = Life(self, address, report)
        return self.lives[address.name]

    def take(self):
        taken, self.log = self.log, []
        return taken


class Family:
    """A supervisor of some children, told by hand what they report."""

    def __init__(self, clock, children, strategy, intensity, **options):
        self.clock = clock
        self.nursery = Nursery(clock)
        self.inbox = Inbox()
        self.supervisor = Supervisor(
            children,
            strategy,
            intensity,
            me=self.inbox,
            spawn=self.nursery,
            clock=clock,
            **options,
        )
        self.supervisor.started()

    def hear(self):
        """Let the supervisor deal with what has come."""
        for message in self.inbox.take():
            self.supervisor.receive(message)

    def end(self, name, error=None):
        self.nursery.lives[name].ends(error)
        self.hear()

    def pass_by(self, seconds):
        for _ in range(int(seconds)):
            self.clock.advance(1.0)
            self.hear()


def child(name, **options):
    return Child(Address(name), Idle, **options)


@pytest.fixture
def family(clock):
    def make(
        *children,
        strategy=Strategy.ONE_FOR_ONE,
        restarts=3,
        period=30.0,
        **options,
    ):
        children = children or [child(name) for name in "abc"]
        intensity = Intensity(restarts, period)
        return Family(clock, children, strategy, intensity, **options)

    return make


def test_children_start_in_order_and_stop_in_reverse(family):
    it = family()

    it.supervisor.stopped()

    assert it.nursery.log == [
        *("start a", "start b", "start c"),
        *("stop c", "stop b", "stop a"),
    ]


@pytest.mark.parametrize(
    ("strategy", "then"),
    [
        (Strategy.ONE_FOR_ONE, ["start b"]),
        (Strategy.REST_FOR_ONE, ["stop c", "start b", "start c"]),
        (
            Strategy.ONE_FOR_ALL,
            ["stop c", "stop a", "start a", "start b", "start c"],
        ),
    ],
)
def test_when_one_fails_others_go_with_it_as_the_strategy_says(family, strategy, then):
    it = family(strategy=strategy)
    it.nursery.take()

    it.end("b", KeyError())

    assert it.nursery.take() == then


def test_news_of_a_life_that_was_ended_on_purpose_is_old(family):
    it = family(strategy=Strategy.REST_FOR_ONE)
    last = it.nursery.lives["c"]
    it.end("b", KeyError())
    it.nursery.take()

    last.ends()
    it.hear()

    assert it.nursery.take() == []


def test_a_death_is_heard_once(family):
    it = family()
    first = it.nursery.lives["a"]
    first.ends(KeyError())
    first.ends(KeyError())
    it.nursery.take()

    it.hear()

    assert it.nursery.take() == ["start a"]


def test_it_gives_up_when_they_fail_too_often(family):
    it = family(restarts=2, period=30.0)
    it.end("a", KeyError("why"))
    it.end("b", KeyError("why"))

    with pytest.raises(GaveUp, match="c keeps failing: KeyError: 'why'"):
        it.end("c", KeyError("why"))


def test_failures_of_long_ago_are_forgiven(family):
    it = family(restarts=1, period=30.0)

    for _ in range(5):
        it.end("a", KeyError())
        it.pass_by(31)

    assert it.nursery.take().count("start a") == 6


def test_an_error_on_purpose_is_not_met_by_a_restart(family):
    it = family()
    it.nursery.take()

    with pytest.raises(GaveUp, match=r"No space is left\.") as caught:
        it.end("a", DiskFailed("No space is left."))

    assert caught.value.exit_code == DiskFailed.exit_code
    assert it.nursery.take() == []


def test_who_has_done_its_work_is_not_started_again(family):
    it = family(child("a", restart=Restart.TRANSIENT))
    it.nursery.take()

    it.end("a")

    assert it.nursery.take() == []
    it.supervisor.stopped()
    assert it.nursery.take() == []


def test_failures_are_passed_on_and_a_stop_is_none(family):
    told = []
    it = family(failed=told.append)

    it.end("a", KeyError("x"))
    it.end("b")

    assert told == [Exited("a", 1, "KeyError: 'x'")]


# Children that hang


def test_who_does_not_move_for_its_lease_is_left_behind_and_replaced(family):
    it = family(child("a", lease=LEASE), child("b", lease=LEASE))
    first = it.nursery.lives["a"]
    first.pulse.beat()
    it.nursery.take()

    it.pass_by(LEASE)
    assert it.nursery.take() == []

    it.pass_by(2)
    assert it.nursery.take() == ["start a"]
    assert first.left
    assert it.nursery.lives["a"] is not first


def test_who_beats_or_rests_does_not_hang(family):
    it = family(child("beats", lease=LEASE), child("rests", lease=LEASE))
    it.nursery.take()

    for _ in range(5):
        it.nursery.lives["beats"].pulse.beat()
        it.pass_by(LEASE - 1)

    assert it.nursery.take() == []


def test_who_has_no_lease_is_not_looked_at(family):
    it = family(child("a"))

    it.pass_by(3)

    assert it.inbox.take() == []
    assert not it.clock.jump()


def hang(it, name, *, for_ever=True):
    life = it.nursery.lives[name]
    life.hangs = for_ever
    life.pulse.beat()
    it.pass_by(LEASE + 2)


def test_too_many_that_hang_end_it_all(family):
    it = family(child("a", lease=LEASE), restarts=9)
    for _ in range(3):
        hang(it, "a")

    with pytest.raises(GaveUp, match="4 threads hang"):
        hang(it, "a")


def test_nobody_takes_the_place_of_one_that_is_vital_and_hangs(family):
    it = family(child("a", lease=LEASE, vital=True))
    it.nursery.take()

    with pytest.raises(GaveUp, match="a cannot go on, and cannot be replaced"):
        hang(it, "a")
    assert it.nursery.take() == []


def test_who_hung_and_has_ended_since_does_not_count(family):
    it = family(child("a", lease=LEASE))

    for _ in range(6):
        hang(it, "a", for_ever=False)

    assert it.nursery.take().count("start a") == 7


@pytest.mark.parametrize(
    ("seconds", "told"), [(LEASE - 2, []), (LEASE + 2, ["start a"])]
)
def test_who_did_not_move_while_nothing_did_has_not_hung_unless_it_stays_so(
    family, seconds, told
):
    it = family(child("a", lease=LEASE), child("b"))
    it.nursery.lives["a"].hangs = True
    it.nursery.lives["a"].pulse.beat()
    it.nursery.take()

    it.clock.advance(5000.0)
    it.hear()
    it.pass_by(seconds)

    assert it.nursery.take() == told


def test_a_look_that_was_meant_for_an_earlier_life_starts_no_second_round(family):
    it = family(child("a", lease=LEASE))

    it.supervisor.receive(Inspect())
    it.supervisor.receive(Inspect())
    it.clock.advance(1.0)

    assert it.inbox.take() == [Inspect()]


# Stopping


def test_who_does_not_stop_in_time_is_left_behind(family):
    it = family(child("a", patience=5.0), child("b"))
    it.nursery.lives["a"].hangs = True

    it.supervisor.stopped()

    assert it.nursery.lives["a"].left
    assert it.nursery.waited == [5.0]


def test_who_may_be_cut_is_cut_before_anybody_is_waited_for(family):
    cut = []
    it = family(*(child(name, cut=True) for name in "abc"))
    for name, life in it.nursery.lives.items():
        life.pulse.cuttable(lambda name=name: cut.append((name, len(it.nursery.log))))

    it.supervisor.stopped()

    assert cut == [("c", 3), ("b", 3), ("a", 3)]
    assert it.nursery.asked[:3] == ["c", "b", "a"]


def test_who_may_not_be_cut_is_not(family):
    cut = []
    it = family(child("a"))
    it.nursery.lives["a"].pulse.cuttable(lambda: cut.append("a"))

    it.supervisor.stopped()

    assert cut == []


def test_those_that_stop_side_by_side_share_one_wait(family):
    it = family(*(child(name, cut=True, patience=10.0) for name in "abcd"))
    for life in it.nursery.lives.values():
        life.hangs = True

    it.supervisor.stopped()

    assert sum(it.nursery.waited) == 10.0
    assert all(life.left for life in it.nursery.lives.values())


# With threads


class Calls(Idle):
    """Calls out when it starts."""

    def __init__(self, address, births):
        self._address = address
        self._births = births

    def started(self):
        self._births.tell(self._address.name)


def names():
    return {thread.name for thread in threading.enumerate()}


@pytest.fixture
def tree(real_clock, letterbox, births):
    """A root over two children, the second of which has a child of its own."""
    spawn = Threads(real_clock)
    root, leaf, middle, below = (
        Address(n) for n in ("root", "leaf", "middle", "below")
    )

    def supervisor(me, *children):
        return Supervisor(
            children,
            Strategy.ONE_FOR_ONE,
            Intensity(2, 60.0),
            me=me,
            spawn=spawn,
            clock=real_clock,
        )

    def child(address):
        return Child(address, lambda: Calls(address, births))

    inner = nested(middle, lambda: supervisor(middle, child(below)))
    life = spawn(root, supervisor(root, child(leaf), inner), letterbox)
    assert [births.next(), births.next()] == ["leaf", "below"]
    yield leaf, below, life
    life.ask_to_stop()
    assert life.wait(LONG)


TREE = {"root", "leaf", "middle", "below"}


@pytest.mark.usefixtures("silence")
def test_to_stop_the_root_ends_every_thread(tree, letterbox, births):
    leaf, _, life = tree
    leaf.tell(KeyError("a death on the way"))
    assert births.next() == "leaf"
    assert names() >= TREE

    life.ask_to_stop()

    assert life.wait(LONG)
    assert letterbox.next() == Exited("root", 1, None)
    assert not names() & TREE


@pytest.mark.usefixtures("silence")
def test_who_fails_too_often_takes_the_root_with_it_and_no_thread_is_left(
    tree, letterbox, births
):
    _, below, life = tree

    for _ in range(2):
        below.tell(KeyError("again"))
        assert births.next() == "below"
    below.tell(KeyError("again"))

    news = letterbox.next()
    assert (news.child, news.exit_code) == ("root", GaveUp.exit_code)
    assert news.error == "below keeps failing: KeyError: 'again'"
    assert life.wait(LONG)
    assert not names() & TREE


@pytest.mark.usefixtures("silence")
def test_children_that_cannot_start_are_tried_again_and_then_given_up(
    real_clock, letterbox
):
    class Broken(Idle):
        def started(self):
            raise SystemExit(1)

    root, address = Address("root"), Address("broken")
    spawn = Threads(real_clock)
    supervisor = Supervisor(
        [Child(address, Broken)],
        Strategy.ONE_FOR_ONE,
        Intensity(3, 60.0),
        me=root,
        spawn=spawn,
        clock=real_clock,
    )

    life = spawn(root, supervisor, letterbox)

    assert letterbox.next().error == "broken keeps failing: SystemExit: 1"
    assert life.wait(LONG)
    assert address.lives == 4


# How many there are


def test_only_as_many_as_are_wanted_start_and_more_when_they_are(family):
    wanted = [1]
    it = family(wanted=lambda: wanted[0])
    assert it.nursery.take() == ["start a"]

    it.supervisor.receive(Enlist(2))
    assert it.nursery.take() == ["start b"]

    it.supervisor.receive(Enlist(1))
    it.supervisor.receive(Enlist(2))
    assert it.nursery.take() == []


def test_one_that_dies_comes_back_also_when_fewer_are_wanted(family):
    it = family(wanted=lambda: 2)
    it.supervisor.receive(Enlist(1))
    it.nursery.take()

    it.end("b", ValueError("a bug"))

    assert it.nursery.take() == ["start b"]


def test_more_children_may_die_more_often(clock):
    children = [child(name) for name in "abcde"]
    intensity = Intensity(1, 60.0, each=1)
    it = Family(clock, children, Strategy.ONE_FOR_ONE, intensity, wanted=lambda: 2)
    for _ in range(3):
        it.end("a", ValueError("a bug"))
    it.supervisor.receive(Enlist(5))
    for _ in range(3):
        it.end("a", ValueError("a bug"))

    with pytest.raises(GaveUp, match="keeps failing"):
        it.end("a", ValueError("a bug"))
