"""The pool's decisions, without threads, loops or connections: also under random histories."""

from __future__ import annotations

from typing import Any

from hypothesis import given, strategies as st

from ambo.connecting.pool import CLOSE, HAND, KEEP, OPEN, USE, WAIT, NullPolicy, Policy, SharedPolicy


def test_opens_up_to_the_limit_then_waits_in_order() -> None:
    policy = Policy(1, 1)
    assert [policy.take()[0] for _ in range(3)] == [OPEN, OPEN, WAIT]
    policy.enqueue("first")
    policy.enqueue("second")
    assert policy.give("a") == (HAND, "first")
    assert policy.gone("b") == "second"
    assert policy.give("a") == (KEEP, None)
    assert policy.give("c") == (CLOSE, None)
    assert (policy.opened, policy.checkedout, list(policy.idle)) == (1, 0, ["a"])


def test_lifo_and_fifo() -> None:
    for lifo, expected in ((False, "a"), (True, "b")):
        policy = Policy(2, 0, lifo)
        policy.take()
        policy.take()
        policy.give("a")
        policy.give("b")
        assert policy.take() == (USE, expected)


def test_abandon_tells_whether_the_waiter_was_answered() -> None:
    policy = Policy(1, 0)
    policy.take()
    policy.enqueue("x")
    assert policy.abandon("x")
    policy.enqueue("y")
    policy.give("a")
    assert not policy.abandon("y")


def test_no_limits() -> None:
    policy = Policy(0, 10)
    assert all(policy.take()[0] is OPEN for _ in range(100))
    assert all(policy.give(n)[0] is KEEP for n in range(100))
    policy = Policy(1, -1)
    assert all(policy.take()[0] is OPEN for _ in range(100))
    assert [policy.give(n)[0] for n in range(3)] == [KEEP, CLOSE, CLOSE]


def test_null_keeps_nothing() -> None:
    policy = NullPolicy()
    assert policy.take() == (OPEN, None)
    assert policy.give("a") == (CLOSE, None)
    assert policy.opened == 0


def test_shared() -> None:
    policy = SharedPolicy()
    assert policy.take()[0] is OPEN
    assert policy.take()[0] is WAIT
    policy.enqueue("w")
    assert policy.arrived("link") == ["w"]
    assert policy.checkedout == 2
    assert policy.take() == (USE, "link")
    assert policy.gone("link") is None
    assert policy.gone("link") is None
    assert policy.opened == 0
    assert policy.take()[0] is OPEN


@given(st.integers(1, 3), st.integers(0, 2), st.lists(st.sampled_from(["take", "give", "gone", "abandon"]), max_size=60))
def test_the_counts_stay_right(size: int, overflow: int, steps: list[str]) -> None:
    policy = Policy(size, overflow)
    out: list[Any] = []
    queue: list[int] = []
    fresh = iter(range(10_000))
    for step in steps:
        if step == "take":
            verb, link = policy.take()
            if verb is WAIT:
                queue.append(next(fresh))
                policy.enqueue(queue[-1])
            else:
                out.append(next(fresh) if verb is OPEN else link)
        elif step == "give" and out:
            link = out.pop()
            verb, waiter = policy.give(link)
            if verb is HAND:
                assert waiter == queue.pop(0)
                out.append(link)
        elif step == "gone" and out:
            waiter = policy.gone(out.pop())
            if waiter is not None:
                assert waiter == queue.pop(0)
                out.append(next(fresh))
        elif step == "abandon" and queue:
            assert policy.abandon(queue.pop())
        assert policy.checkedout == len(out)
        assert policy.opened <= size + overflow
        assert len(policy.idle) <= size
        assert list(policy.waiters) == queue
        assert not (queue and policy.idle)
