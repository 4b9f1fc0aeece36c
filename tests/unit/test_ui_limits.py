from __future__ import annotations

import threading

from ui.limits import Running, Turnstile


def test_the_turnstile_lets_so_many_through_and_the_rest_in_order():
    turnstile = Turnstile(places=2, waiting=2)
    tickets = [turnstile.enter() for _ in range(5)]
    assert tickets[4] is None
    inside = [ticket for ticket in tickets if ticket is not None]
    assert [turnstile.ahead(ticket) for ticket in inside] == [0, 0, 1, 2]
    turnstile.leave(inside[0])
    assert [turnstile.ahead(ticket) for ticket in inside[1:]] == [0, 0, 1]


def test_leaving_twice_gives_back_one_place():
    turnstile = Turnstile(places=1, waiting=5)
    first, second, third = (turnstile.enter() for _ in range(3))
    assert first and second and third
    turnstile.leave(first)
    turnstile.leave(first)
    assert (turnstile.ahead(second), turnstile.ahead(third)) == (0, 1)


def test_somebody_who_gives_up_waiting_is_not_waited_for():
    turnstile = Turnstile(places=1, waiting=5)
    first, second, third = (turnstile.enter() for _ in range(3))
    assert first and second and third
    turnstile.leave(second)
    assert turnstile.ahead(third) == 1


def test_many_threads_are_never_inside_together():
    turnstile = Turnstile(places=1, waiting=100)
    inside, most = 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal inside, most
        ticket = turnstile.enter()
        assert ticket is not None
        while turnstile.ahead(ticket):
            threading.Event().wait(0.001)
        with lock:
            inside += 1
            most = max(most, inside)
        threading.Event().wait(0.001)
        with lock:
            inside -= 1
        turnstile.leave(ticket)

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    assert most == 1
    assert turnstile.enter() is not None


def test_a_new_task_of_a_session_stops_the_one_before():
    running = Running()
    first = running.start("s")
    second = running.start("s")
    assert first.is_set()
    assert not second.is_set()
    running.done("s", first)
    assert running.stop("s")
    assert second.is_set()


def test_what_is_done_cannot_be_stopped():
    running = Running()
    flag = running.start("s")
    running.done("s", flag)
    assert not running.stop("s")
    assert not running.stop("another")
