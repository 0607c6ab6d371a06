"""The judge of the chaos runs finds what must not be: made-up histories, each with one thing wrong."""

from __future__ import annotations

import dataclasses

from tests.chaos.judge import History, Lost, OneCase, OneTopic, Said, Sent, Shown, Stored, Verdict, judge

BUDI, SREYMOM, GROUP = 701, 702, -100
LAST_FAULT = 1000.0


def history() -> History:
    """Budi asks and is answered; Sreymom is in distress and has a case; one update is none of ours."""
    return History(
        said=[Said(BUDI, 1, "question", 990), Said(SREYMOM, 2, "distress", 995)],
        shown=[
            Shown(BUDI, 11, 1003, "Biaya paspor ..."),
            Shown(SREYMOM, 12, 996, "Pesan tersimpan"),
            Shown(GROUP, 51, 997, "P2 H-7K3Q"),
        ],
        stored=[
            Stored(1, BUDI, 1, "message", "done"),
            Stored(2, SREYMOM, 2, "message", "done", case="H-7K3Q"),
            Stored(3, GROUP, 50, "message", "discarded", discard="bot_sender", private=False),
        ],
        sent=[
            Sent(1, BUDI, 1, "reply", "sent", (11,)),
            Sent(2, SREYMOM, 2, "receipt", "sent", (12,)),
            Sent(3, GROUP, None, "card", "sent", (51,)),
        ],
        cases=[OneCase("H-7K3Q", SREYMOM)],
        topics=[OneTopic(GROUP, 50, "H-7K3Q", 996)],
        made=3,
        last_fault=LAST_FAULT,
    )


def wrong(told: History, **options: bool) -> str:
    return "\n".join(judge(told, **options).faults)


def test_a_history_without_fault_is_found_without_fault() -> None:
    verdict = judge(history())
    assert verdict.faults == [] and verdict.balance == 0
    assert dict(verdict.accounts) == {"answered": 2, "discarded": 1} and dict(verdict.discards) == {"bot_sender": 1}
    assert verdict.settled_after == 3


def test_a_missing_reply_is_found() -> None:
    told = history()
    told.sent[0] = dataclasses.replace(told.sent[0], state="queued", messages=())
    del told.shown[0]
    assert "update 1 (message, done) has neither reply nor case" in wrong(told)


def test_one_reply_answers_all_that_was_forwarded_together_and_none_beside_it() -> None:
    told = history()
    told.stored[0] = dataclasses.replace(told.stored[0], bundle=1)
    told.stored += [Stored(4, BUDI, 2, "message", "done", bundle=1), Stored(5, BUDI, 3, "message", "done")]
    told.made += 2
    assert wrong(told).count("has neither reply nor case") == 1
    assert "update 5 (message, done) has neither reply nor case" in wrong(told)


def test_one_post_may_show_two_messages_of_a_worker_but_never_answer_two() -> None:
    told = history()
    told.shown.append(Shown(GROUP, 52, 998, "pertama\nkedua"))
    told.sent += [Sent(4, GROUP, 1, "relay", "sent", (52,)), Sent(5, GROUP, 2, "relay", "sent", (52,))]
    assert judge(told).faults == []
    told.sent[-1] = dataclasses.replace(told.sent[-1], purpose="card")
    assert "one message stands for two rows" in wrong(told)


def test_that_the_answer_comes_later_is_no_answer() -> None:
    told = history()
    told.sent[0] = dataclasses.replace(told.sent[0], final=False)
    told.stored[0] = dataclasses.replace(told.stored[0], state="unanswered")
    assert "update 1 (message, unanswered) has neither reply nor case" in wrong(told)
    told.stored[0] = dataclasses.replace(told.stored[0], state="done")
    assert "update 1 (message, done) has neither reply nor case" in wrong(told)


def test_a_reply_that_a_row_claims_and_no_screen_shows_is_found() -> None:
    told = history()
    del told.shown[0]
    assert "has neither reply nor case" in wrong(told)


def test_a_case_that_no_desk_sees_is_no_case() -> None:
    told = history()
    del told.shown[1:], told.topics[0]
    told.sent[1] = dataclasses.replace(told.sent[1], state="waiting", messages=())
    assert "update 2 (message, done) has neither reply nor case but belongs to a case nobody sees" in wrong(told)
    told.topics.append(OneTopic(GROUP, 50, "H-7K3Q", 996))
    assert judge(told).faults == [] and judge(told).accounts["case"] == 1


def test_a_late_reply_is_found() -> None:
    told = history()
    told.shown[0] = dataclasses.replace(told.shown[0], at=LAST_FAULT + 75)
    assert "a question was settled 75 s after the last fault" in wrong(told)


def test_a_doubled_reply_is_found_unless_the_answer_was_lost() -> None:
    told = history()
    told.shown.append(Shown(BUDI, 19, 1002, "Biaya paspor ..."))
    assert "is there twice, and its call was answered" in wrong(told)
    for why in ("answer_lost", "caller_gone"):
        told.lost = [Lost(BUDI, 19, why)]
        assert judge(told).faults == [] and dict(judge(told).copies) == {why: 1}


def test_a_doubled_reply_is_found_when_its_row_remembers_both() -> None:
    told = history()
    told.shown.append(Shown(BUDI, 19, 1002, "Biaya paspor ..."))
    told.sent[0] = dataclasses.replace(told.sent[0], messages=(11, 19))
    assert "is there twice, and its call was answered" in wrong(told)
    told.lost = [Lost(BUDI, 11, "answer_lost")]
    assert judge(told).faults == [] and dict(judge(told).copies) == {"answer_lost": 1}


def test_what_was_taken_from_a_phone_as_it_was_cleared_and_waits_anew_is_no_copy() -> None:
    told = history()
    told.shown.append(Shown(BUDI, 19, 1002, "Biaya paspor ...", deleted=True))
    assert judge(told).faults == [] and dict(judge(told).copies) == {"cleared": 1}
    # Both known to their row, and the whole chat cleared later: they were there twice all the same.
    told.sent[0] = dataclasses.replace(told.sent[0], messages=(11, 19))
    assert "is there twice, and its call was answered" in wrong(told)


def test_a_copy_that_died_unwritten_with_the_sender_is_counted_and_may_be_refused() -> None:
    told = history()
    told.shown.append(Shown(BUDI, 19, 1002, "Biaya paspor ..."))
    told.sender_kills = [1002.4]
    assert judge(told).faults == [] and dict(judge(told).copies) == {"unwritten": 1}
    assert "is there twice" in wrong(told, allow_unwritten=False)
    told.sender_kills = [1009.0]
    assert "is there twice" in wrong(told)


def test_a_copy_is_excused_while_the_database_was_away_between_its_answer_and_the_kill() -> None:
    told = history()
    told.shown.append(Shown(BUDI, 13, 1010, "Biaya paspor ..."))
    told.sender_kills = [1016.0]
    assert "sender killed +6.0 s" in wrong(told)
    told.database_kills = [1009.0]
    assert judge(told).faults == []
    told.sender_kills = [1025.0]
    assert "is there twice" in wrong(told)


def test_a_case_on_the_list_of_who_waits_is_seen_by_its_desk() -> None:
    told = history()
    told.topics.clear()
    told.shown = [shown for shown in told.shown if shown.message not in {12, 51}]
    assert "belongs to a case nobody sees" in wrong(told)
    told.shown.append(Shown(GROUP, 60, 998, "Menunggu: H-7K3Q 2 menit"))
    assert "belongs to a case nobody sees" not in wrong(told)


def test_the_same_words_queued_twice_for_one_update_are_found() -> None:
    told = history()
    told.shown.append(Shown(BUDI, 19, 1004, "Biaya paspor ..."))
    told.sent.append(Sent(4, BUDI, 1, "reply", "sent", (19,)))
    assert "update 1 was told the same words 2 times" in wrong(told)


def test_words_that_whoever_holds_the_case_was_not_shown_are_found() -> None:
    told = history()
    told.cases = [OneCase("H-7K3Q", SREYMOM, held=True)]
    assert "update 2 is in a case that somebody holds, who was not shown it" in wrong(told)
    told.sent.append(Sent(4, GROUP, 2, "relay", "sent", (52,)))
    assert "who was not shown it" in wrong(told)
    told.shown.append(Shown(GROUP, 52, 998, "tolong"))
    assert judge(told).faults == []


def test_words_in_a_case_that_is_closed_or_waits_for_an_operator_are_shown_to_nobody_yet() -> None:
    for case in (OneCase("H-7K3Q", SREYMOM), OneCase("H-7K3Q", SREYMOM, held=True, closed=True)):
        told = history()
        told.cases = [case]
        assert judge(told).faults == []


def test_a_message_set_aside_without_a_word_to_anybody_is_found() -> None:
    told = history()
    told.stored[0] = dataclasses.replace(told.stored[0], state="dead")
    assert "update 1 was set aside and nobody was told" in wrong(told)
    told.sent[0] = dataclasses.replace(told.sent[0], tells_of_dead=True)
    assert judge(told).faults == []


def test_a_second_case_of_a_chat_is_found_unless_the_first_was_closed() -> None:
    told = history()
    told.cases.append(OneCase("H-9999", SREYMOM))
    assert "a chat has 2 cases, of which 0 were closed" in wrong(told)
    told.cases[0] = OneCase("H-7K3Q", SREYMOM, closed=True)
    assert judge(told).faults == []


def test_a_second_topic_of_a_case_is_found() -> None:
    told = history()
    told.topics.append(OneTopic(GROUP, 60, "H-7K3Q", 999))
    assert "a topic of a case is there twice" in wrong(told)
    told.lost = [Lost(GROUP, 60, "answer_lost")]
    assert judge(told).faults == []


def test_an_update_that_is_nowhere_is_found() -> None:
    told = history()
    told.made += 1
    assert "the balance is 1" in wrong(told)
    told = history()
    del told.stored[0]
    assert "a question was taken by Telegram and is nowhere" in wrong(told) and "the balance is 1" in wrong(told)


def test_a_discard_of_no_known_kind_is_found() -> None:
    told = history()
    told.stored[2] = dataclasses.replace(told.stored[2], discard="looked_boring")
    assert "update 3 is discarded for no known reason: looked_boring" in wrong(told)


def test_an_unfinished_update_is_found_even_when_something_was_said() -> None:
    told = history()
    told.stored[0] = dataclasses.replace(told.stored[0], state="pending")
    assert "update 1 (message, pending) has neither reply nor case" in wrong(told)


def test_the_verdict_names_everything_that_was_counted() -> None:
    verdict = judge(history())
    assert isinstance(verdict, Verdict)
    assert "2 answered, 1 discarded; balance 0" in "\n".join(verdict.lines())
