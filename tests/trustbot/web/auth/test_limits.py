"""How often a visitor may ask."""

from __future__ import annotations

import threading

from hypothesis import given
from hypothesis import strategies as st

from trustbot.web.auth.limits import WINDOW, Limiter, network_of


class Clock:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_the_window_moves_with_the_clock():
    clock = Clock()
    limiter = Limiter(3, clock)
    for moment in (0, 10, 20):
        clock.now = moment
        assert limiter.take("a") is None
    clock.now = 30
    assert limiter.take("a") == 30
    assert limiter.take("b") is None
    clock.now = 59.5
    assert limiter.take("a") == 1
    clock.now = 60
    assert limiter.take("a") is None
    assert limiter.take("a") == 10


def test_what_was_refused_does_not_count():
    clock = Clock()
    limiter = Limiter(1, clock)
    limiter.take("a")
    for second in range(1, 60):
        clock.now = second
        assert limiter.take("a") == 60 - second
    clock.now = 60
    assert limiter.take("a") is None


@given(st.lists(st.tuples(st.floats(0, 20), st.sampled_from("abc")), max_size=80), st.integers(1, 5))
def test_no_minute_ever_holds_more_than_the_limit_and_nobody_waits_longer_than_told(steps, most):
    clock = Clock()
    limiter = Limiter(most, clock)
    taken = {"a": [], "b": [], "c": []}
    for step, key in steps:
        clock.now += step
        wait = limiter.take(key)
        recent = [moment for moment in taken[key] if clock.now - moment < WINDOW]
        assert (wait is None) == (len(recent) < most)
        if wait is None:
            taken[key].append(clock.now)
        else:
            assert 1 <= wait <= WINDOW
            assert recent[0] + WINDOW <= clock.now + wait + 1e-6


def test_memory_is_bounded_and_given_back():
    clock = Clock()
    limiter = Limiter(2, clock, keys=10)
    refused = sum(limiter.take(f"k{i}") is not None for i in range(100))
    assert len(limiter) <= 11
    assert refused == 88  # ten of their own, two of the crowd's
    assert limiter.take("k3") is None
    clock.now = WINDOW
    assert limiter.take("new") is None
    assert len(limiter) == 1


def test_threads_share_one_window():
    limiter = Limiter(50)
    taken = []
    threads = [threading.Thread(target=lambda: taken.extend(limiter.take("a") for _ in range(20))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken.count(None) == 50


def test_one_household_is_one_address():
    assert network_of("192.0.2.7") == "192.0.2.7"
    assert network_of("2001:db8:1:2:aaaa::1") == network_of("2001:db8:1:2:bbbb::9") == "2001:db8:1:2::/64"
    assert network_of("2001:db8:1:3::1") == "2001:db8:1:3::/64"
    assert network_of("::ffff:192.0.2.7") == "192.0.2.7"
    assert network_of("fe80::1%eth0") == "fe80::/64"
    assert network_of("x" * 500) == "x" * 100
