"""Which Rasa a turn goes to: chats are spread, each sticks to one, and one that fails is left alone for a while."""

from __future__ import annotations

from collections import Counter

from bot.turns.rasa_servers import AVOID_SECONDS, Servers, share

THREE = ["http://a", "http://b", "http://c"]


def test_chats_are_spread_and_each_sticks_to_one_through_all_its_flows() -> None:
    servers = Servers(THREE)
    first = Counter(servers.in_order(f"{chat}:1", 0.0)[0] for chat in range(300))
    assert set(first.values()) == {100}
    assert servers.in_order("7:1", 0.0) == servers.in_order("7:9", 50.0)


def test_the_others_follow_so_that_one_alone_is_enough() -> None:
    for chat in range(7):
        assert sorted(Servers(THREE).in_order(f"{chat}:1", 0.0)) == THREE


def test_one_that_failed_comes_last_until_it_answers_or_some_seconds_passed() -> None:
    servers = Servers(THREE)
    assert servers.in_order("0:1", 0.0)[0] == "http://a"
    servers.failed("http://a", 10.0)
    assert servers.in_order("0:1", 10.1) == ["http://b", "http://c", "http://a"]
    assert servers.in_order("0:1", 10.0 + AVOID_SECONDS)[0] == "http://a"
    servers.failed("http://a", 20.0)
    servers.answered("http://a")
    assert servers.in_order("0:1", 20.1)[0] == "http://a"


def test_when_all_failed_all_are_asked_all_the_same() -> None:
    servers = Servers(THREE)
    for address in THREE:
        servers.failed(address, 1.0)
    assert servers.in_order("1:1", 1.1) == ["http://b", "http://c", "http://a"]


def test_a_sender_that_is_no_chat_is_no_fault() -> None:
    assert Servers(THREE).in_order("evaluation", 0.0)[0] == "http://a"


def test_all_servers_together_get_the_time_of_one() -> None:
    left, given = 4.5, []
    for others in (2, 1, 0):
        given.append(share(left, others))
        left -= given[-1]
    assert abs(sum(given) - 4.5) < 1e-9 and given[0] > 2
    assert share(4.5, 0) == 4.5
