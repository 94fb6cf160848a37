from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from trustbot.errors import TooSlow
from trustbot.runtime.stopping import Stop, Stoppable


def counting(ended: list[str], upto: int = 3) -> Generator[int]:
    try:
        yield from range(upto)
    finally:
        ended.append("ended")


def test_what_is_not_stopped_is_the_same() -> None:
    ended: list[str] = []
    assert list(Stoppable(counting(ended), Stop())) == [0, 1, 2]
    assert ended == ["ended"]


def test_closing_between_two_items_ends_the_work_here() -> None:
    ended: list[str] = []
    stop = Stop()
    items = Stoppable(counting(ended), stop)
    assert next(items) == 0
    items.close()
    assert ended == ["ended"]
    assert stop.is_set
    assert list(items) == []
    items.close()
    assert ended == ["ended"]


def test_closing_while_another_thread_waits_ends_the_work_there() -> None:
    ended: list[str] = []
    stop, told, waits = Stop(), threading.Event(), threading.Event()

    def work() -> Generator[int]:
        try:
            yield 1
            with stop.telling(told.set):
                waits.set()
                assert told.wait(60)
            yield 2
        finally:
            ended.append(threading.current_thread().name)

    items, got = Stoppable(work(), stop), []
    waiting = threading.Thread(target=lambda: got.extend(items), name="waiting")
    waiting.start()
    assert waits.wait(60)
    items.close()
    waiting.join(60)
    assert got == [1]
    assert ended == ["waiting"]


def test_an_error_of_the_work_is_passed_on() -> None:
    def work() -> Generator[int]:
        yield 1
        raise KeyError("x")

    items = Stoppable(work(), Stop())
    assert next(items) == 1
    with pytest.raises(KeyError):
        next(items)


def test_an_error_can_be_thrown_in() -> None:
    ended: list[str] = []
    items = Stoppable(counting(ended), Stop())
    next(items)
    with pytest.raises(KeyError):
        items.throw(KeyError("x"))
    assert ended == ["ended"]


def test_who_asks_too_late_is_told_at_once_and_who_has_done_not_at_all() -> None:
    stop, told = Stop(), []
    with stop.telling(lambda: told.append("early")):
        pass
    with stop.telling(lambda: told.append("in time")):
        stop.set()
    with stop.telling(lambda: told.append("late")):
        stop.set()
    assert told == ["in time", "late"]


def test_work_may_take_as_long_as_it_needs_until_it_is_bounded() -> None:
    stop = Stop()
    stop.check()
    stop.allow(3600)
    stop.check()
    stop.allow(-1)
    with pytest.raises(TooSlow, match=r"^[^\n]+ -1 seconds [^\n]+\.$"):
        stop.check()


def test_what_somebody_else_does_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("trustbot.runtime.stopping.time.monotonic", lambda: now[0])
    stop = Stop()
    stop.allow(5)
    with stop.elsewhere():
        now[0] += 60
    now[0] += 4
    stop.check()
    now[0] += 2
    with pytest.raises(TooSlow):
        stop.check()
