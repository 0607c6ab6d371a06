"""What operators may rely on: who may act, what reaches the worker, what the group shows, and that it is true."""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import Any

import pytest
from sqlalchemy import select, text, update
from telegram.error import ChatMigrated

from bot import settings as settings_module
from bot.cases import sites
from bot.chat.parse_update import FILES
from bot.desk import group as desk_group
from bot.desk import jobs as desk_jobs
from bot.outbox import topics
from bot.outbox.settled import settle
from bot.processes.prepare import cases_into_new_sandbox
from bot.settings import SANDBOX_OPERATORS_CHAT_ID
from bot.storage import crypto
from bot.storage.models import Case, Chat, Outgoing
from bot.storage.models import Update as StoredUpdate
from bot.storage.session import session
from bot.texts import LANGS, Lang, catalogue, render
from bot.turns import service as turns
from tests.e2e.people import INDONESIAN, KHMER
from tests.support.rooms import DARA, STRANGER, Rooms

TRAPPED = {
    "id": "tolong pak, saya disekap di kamboja, paspor saya diambil bos",
    "km": "ជួយខ្ញុំផង ខ្ញុំជាប់នៅក្នុងអគារ ថៅកែយកលិខិតឆ្លងដែនខ្ញុំ គេមិនឲ្យចេញក្រៅទេ",
}
VOICE = {"id": INDONESIAN, "km": KHMER}
LATER = {"id": "pintunya dikunci dari luar", "km": "គេចាក់សោទ្វារពីក្រៅ"}
ANSWER = {"id": "Apakah ada luka?", "km": "មានរបួសទេ?"}
PHOTO = [{"file_id": "p", "file_unique_id": "u", "width": 1, "height": 1}]
POLL = {
    "id": "1",
    "question": "Gaji?",
    "options": [{"text": "kecil", "voter_count": 0}],
    "total_voter_count": 0,
    "is_closed": False,
    "is_anonymous": True,
    "type": "regular",
    "allows_multiple_answers": False,
}
STICKER = {
    "file_id": "s",
    "file_unique_id": "u",
    "width": 1,
    "height": 1,
    "is_animated": False,
    "is_video": False,
    "type": "regular",
}
both = pytest.mark.parametrize("lang", ["id", "km"])


@both
async def test_the_workers_words_appear_only_after_a_claim_and_then_all_of_them_in_order(
    rooms: Rooms, lang: str
) -> None:
    said = [TRAPPED[lang], LATER[lang], "1", "2"]
    for words in said:
        await rooms.writes(words)
    await rooms.delivers()
    assert not any(words in line for line in await rooms.topic() for words in said[:2])
    case = await rooms.case()
    await rooms.operator_presses(f"case:claim:{case.id}")
    relayed = [row.payload["text"] for row in await rooms.rows("relay")]
    assert relayed == [render("desk_relay", "id", words=words) for words in said]


@pytest.mark.parametrize(
    ("long", "signs"),
    [
        (
            "Selamat malam kak, maaf mengganggu. Saya dulu kerja di warung di Medan, lalu kenalan mengajak ke sini, "
            "katanya jadi admin. Paspor saya diambil bos waktu turun dari mobil. Kami di sini ada dua belas orang.",
            "“Paspor saya diambil”",
        ),
        (
            "ជំរាបសួរបង សុំទោសរំខាន។ ពីមុនខ្ញុំលក់កាហ្វេនៅបាត់ដំបង មានមិត្តម្នាក់ណែនាំឲ្យមកធ្វើការនៅទីនេះ ប្រាប់ថាការងារស្រួល។ "
            "ពេលមកដល់ ថៅកែដកលិខិតឆ្លងដែនខ្ញុំ ហើយគេមិនឲ្យចេញក្រៅទេ។ បន្ទប់យើងមានមនុស្សដប់ពីរនាក់ ភាគច្រើនមកពីស្រុកជាមួយគ្នា។",
            "“ថៅកែដកលិខិតឆ្លងដែន”, “មិនឲ្យចេញ”",
        ),
    ],
)
async def test_under_a_long_message_stands_which_words_made_it_a_case(rooms: Rooms, long: str, signs: str) -> None:
    await rooms.claimed(long)
    (shown,) = [row.payload["text"] for row in await rooms.rows("relay")]
    words, _, why = shown.rpartition("\n")
    assert words == render("desk_relay", "id", words=long)
    assert why.startswith("🔎 Kata yang menandakan masalah: “") and signs in why, why


async def test_a_message_that_comes_during_the_claim_is_shown_whoever_is_first(rooms: Rooms) -> None:
    await rooms.writes(TRAPPED["id"])
    await rooms.delivers()
    case = await rooms.case()
    for number in range(6):
        row = await rooms.stores(rooms.update(text=f"pesan {number}"))
        who = "claim" if number % 2 == 0 else "hand"
        await asyncio.gather(turns.take(update=row), rooms.operator_presses(f"case:{who}:{case.id}"))
    await rooms.operator_presses(f"case:claim:{case.id}")
    relayed = [row.payload["text"] for row in await rooms.rows("relay")]
    assert sorted(relayed[1:]) == sorted(render("desk_relay", "id", words=f"pesan {n}") for n in range(6))


async def test_two_operators_press_at_once_and_one_is_told_who_won(rooms: Rooms) -> None:
    await rooms.writes(TRAPPED["id"])
    await rooms.delivers()
    case = await rooms.case()
    assert await rooms.operator_presses(f"case:claim:{case.id}") == render("desk_you_claimed", "id")
    said = await rooms.operator_presses(f"case:claim:{case.id}", DARA)
    assert said == render("desk_already_claimed", "id", holder="Sari")


async def test_the_next_holder_sees_everything_once(rooms: Rooms) -> None:
    case = await rooms.claimed(TRAPPED["id"])
    await rooms.operator_presses(f"case:hand:{case.id}")
    await rooms.writes("masih di sini")
    await rooms.operator_presses(f"case:claim:{case.id}", DARA)
    relayed = [row.payload["text"] for row in await rooms.rows("relay")]
    assert relayed == [render("desk_relay", "id", words=words) for words in (TRAPPED["id"], "masih di sini")]


class TestWhatReachesTheWorker:
    """The holder's reply to the card or to a worker's message, and nothing else."""

    @both
    async def test_replies_to_the_card_and_to_a_message(self, rooms: Rooms, lang: str) -> None:
        case = await rooms.claimed(TRAPPED[lang])
        relay = (await rooms.rows("relay"))[0].message_ids[0]
        await rooms.operator_writes(ANSWER[lang], case.topic_id, to=case.card_message_id)
        await rooms.operator_writes(ANSWER[lang] + " 2", case.topic_id, to=relay)
        assert [line for line in await rooms.screen() if line.startswith(ANSWER[lang])] == [
            ANSWER[lang],
            ANSWER[lang] + " 2",
        ]
        assert (await rooms.case()).state == "waiting_worker"

    async def test_notes_replies_to_notes_and_replies_to_ones_own_words_stay_inside(self, rooms: Rooms) -> None:
        case = await rooms.claimed(TRAPPED["id"])
        note = await rooms.operator_writes("rahasia 1", case.topic_id)
        await rooms.operator_writes("rahasia 2", case.topic_id, to=note)
        own = await rooms.operator_writes("Baik.", case.topic_id, to=case.card_message_id)
        await rooms.operator_writes("rahasia 3", case.topic_id, to=own)
        assert not any("rahasia" in line for line in await rooms.screen())
        assert (await rooms.events(case)).count("note") == 3

    @both
    async def test_no_case_number_though_an_operator_writes_it(self, rooms: Rooms, lang: str) -> None:
        case = await rooms.claimed(TRAPPED[lang])
        said = await rooms.screen()
        numbered = f"{ANSWER[lang]} ({case.ref.lower()})"
        await rooms.operator_writes(numbered, case.topic_id, to=case.card_message_id)
        assert await rooms.screen() == said
        plain = await rooms.operator_writes(ANSWER[lang], case.topic_id, to=case.card_message_id)
        await rooms.delivers()
        await rooms.operator_writes(numbered, case.topic_id, edits=plain)
        assert (await rooms.screen())[-1] == ANSWER[lang] and not await rooms.rows("operator_edit")
        assert (await rooms.topic()).count(render("desk_names_reference", "id")) == 2

    @both
    async def test_who_forgets_to_reply_is_told_once_that_nothing_was_sent(self, rooms: Rooms, lang: str) -> None:
        case = await rooms.claimed(TRAPPED[lang])
        said = await rooms.screen()
        await rooms.operator_writes("sudah telepon KBRI", case.topic_id, who=DARA)
        assert render("desk_noted", "id") not in await rooms.topic()
        for words in (ANSWER[lang], LATER[lang]):
            await rooms.operator_writes(words, case.topic_id)
        assert (await rooms.topic()).count(render("desk_noted", "id")) == 1
        assert await rooms.screen() == said

    async def test_a_reply_to_a_twin_of_a_message_is_said_not_to_be_sent(self, rooms: Rooms) -> None:
        """Telegram posted it, its answer was lost, it was posted again: the holder may reply to either."""
        case = await rooms.claimed(TRAPPED["id"])
        await rooms.operator_replies_to_an_unknown_post("di mana kamu?", case.topic_id)
        assert (await rooms.topic())[-1] == render("desk_reply_unknown", "id")
        assert "note" not in await rooms.events(case)

    @pytest.mark.parametrize(("who", "key"), [(STRANGER, "desk_not_listed"), (DARA, "desk_not_holder")])
    async def test_nobody_but_the_holder(self, rooms: Rooms, who: int, key: str) -> None:
        case = await rooms.claimed(TRAPPED["id"])
        await rooms.operator_writes("salah orang", case.topic_id, to=case.card_message_id, who=who)
        assert "salah orang" not in await rooms.screen()
        assert render(key, "id") in await rooms.topic()

    async def test_an_anonymous_administrator_is_told_and_not_left_believing(self, rooms: Rooms) -> None:
        case = await rooms.claimed(TRAPPED["id"])
        sender = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
        await rooms.operator_writes("saya admin", case.topic_id, to=case.card_message_id, **{"from": sender})
        assert "saya admin" not in await rooms.screen()
        assert render("desk_anonymous", "id") in await rooms.topic()

    async def test_a_closed_case_takes_no_more_replies(self, rooms: Rooms) -> None:
        case = await rooms.claimed(TRAPPED["id"])
        await rooms.operator_presses(f"case:closed:{case.id}:resolved")
        await rooms.operator_writes("terlambat", case.topic_id, to=case.card_message_id)
        assert "terlambat" not in await rooms.screen()
        assert render("desk_reply_closed", "id") in await rooms.topic()

    async def test_a_file_goes_as_a_copy_without_the_operators_name(self, rooms: Rooms) -> None:
        case = await rooms.claimed(TRAPPED["id"])
        sent = await rooms.operator_writes(None, case.topic_id, to=case.card_message_id, photo=PHOTO)
        (row,) = await rooms.rows("operator")
        assert (row.method, row.payload["message_id"]) == ("copyMessage", sent)

    @both
    async def test_no_operators_name_and_no_reference_ever_reaches_the_worker(self, rooms: Rooms, lang: str) -> None:
        case = await rooms.claimed(TRAPPED[lang])
        await rooms.operator_writes(ANSWER[lang], case.topic_id, to=case.card_message_id)
        await rooms.operator_presses(f"case:hand:{case.id}")
        await rooms.operator_presses(f"case:claim:{case.id}", DARA)
        await rooms.operator_presses(f"case:closed:{case.id}:resolved", DARA)
        for line in await rooms.screen():
            assert not {"Sari", "Dara", case.ref} & set(line.replace(".", " ").split())
            assert "H-" not in line

    async def test_cards_that_stand_in_general_for_want_of_a_topic_can_be_answered(self, rooms: Rooms) -> None:
        case = await rooms.claimed(TRAPPED["id"])
        async with session() as s:
            await s.execute(update(Case).values(topic_id=None))
            await s.commit()
        await rooms.operator_writes("dari General", None, to=case.card_message_id)
        assert "dari General" in await rooms.screen()


class TestTruth:
    """What an operator is told of their message is what happened to it."""

    async def notice(self, rooms: Rooms) -> str:
        """The delivery notice as the group last saw it."""
        rows = await rooms.rows("delivery", "refresh")
        return str([row for row in rows if row.purpose == "delivery" or "of" in row.payload][-1].payload["text"])

    async def answered(self, rooms: Rooms, state: str, failure: str | None = None) -> tuple[Case, Outgoing, int]:
        """A holder's reply whose row came to a state."""

        case = await rooms.claimed(TRAPPED["id"])
        message = await rooms.operator_writes("Halo?", case.topic_id, to=case.card_message_id)
        async with session() as s:
            row = await s.scalar(select(Outgoing).where(Outgoing.purpose == "operator"))
            assert row is not None
            row.state, row.failure = state, failure
            row.message_ids = [7] if state == "sent" else []
            await settle(s, row, await s.get_one(desk_group.Chat, row.chat_id))
            await s.commit()
        return case, row, message

    @pytest.mark.parametrize(
        ("state", "failure", "key"),
        [
            ("sent", None, "desk_sent"),
            ("waiting", None, "desk_waiting"),
            ("failed", "blocked", "desk_failed_blocked"),
            ("failed", "bad_request", "desk_failed_bad_request"),
            ("failed", "something_new", "desk_failed_bad_request"),
        ],
    )
    async def test_sent_waiting_or_why_not(self, rooms: Rooms, state: str, failure: str | None, key: str) -> None:
        await self.answered(rooms, state, failure)
        assert await self.notice(rooms) == render(key, "id")

    async def test_a_message_that_waits_can_be_sent_now_and_that_is_recorded(self, rooms: Rooms) -> None:
        case, row, _ = await self.answered(rooms, "waiting")
        assert await rooms.operator_presses(f"out:override:{row.id}") == render("desk_overridden", "id")
        assert "overridden" in await rooms.events(case)

    @pytest.mark.parametrize(("state", "key"), [("sent", "desk_already_sent"), ("withdrawn", "desk_button_unknown")])
    async def test_sending_now_what_does_not_wait_claims_nothing(self, rooms: Rooms, state: str, key: str) -> None:
        case, row, _ = await self.answered(rooms, state)
        assert await rooms.operator_presses(f"out:override:{row.id}") == render(key, "id")
        assert "overridden" not in await rooms.events(case)

    @pytest.mark.parametrize(("state", "key"), [("waiting", "desk_withdrawn"), ("sent", "desk_withdraw_asked")])
    async def test_a_withdrawn_message_is_called_deleted_only_if_it_never_left(
        self, rooms: Rooms, state: str, key: str
    ) -> None:
        case, row, _ = await self.answered(rooms, state)
        assert await rooms.operator_presses(f"out:withdraw:{row.id}") == render(key, "id")
        assert await rooms.operator_presses(f"out:withdraw:{row.id}") == render("desk_nothing_to_withdraw", "id")
        assert (await rooms.events(case)).count("withdrawn") == 1

    @pytest.mark.parametrize("state", ["waiting", "sent"])
    @pytest.mark.parametrize("after", ["closed:{}:resolved", "hand:{}"])
    async def test_a_message_can_be_taken_back_though_its_case_is_closed_or_handed_over(
        self, rooms: Rooms, state: str, after: str
    ) -> None:
        case, row, _ = await self.answered(rooms, state)
        await rooms.operator_presses("case:" + after.format(case.id))
        assert await rooms.operator_presses(f"out:override:{row.id}") != render("desk_overridden", "id")
        key = "desk_withdrawn" if state == "waiting" else "desk_withdraw_asked"
        assert await rooms.operator_presses(f"out:withdraw:{row.id}") == render(key, "id")
        assert [found.state for found in await rooms.rows("operator")] == ["withdrawn"]

    async def test_a_press_that_does_nothing_says_nothing_of_messages(self, rooms: Rooms) -> None:
        # "Not sent" under a message that is sent, or will be, was a lie.
        case, row, _ = await self.answered(rooms, "waiting")
        for button in (f"out:withdraw:{row.id}", f"out:override:{row.id}", f"case:close:{case.id}"):
            assert await rooms.operator_presses(button, DARA) == render("desk_press_not_holder", "id")
        assert [found.state for found in await rooms.rows("operator")] == ["waiting"]
        await rooms.operator_presses(f"case:closed:{case.id}:resolved")
        assert await rooms.operator_presses(f"case:hand:{case.id}") == render("desk_press_closed", "id")

    async def test_an_edit_of_a_waiting_message_changes_what_will_be_sent(self, rooms: Rooms) -> None:
        case, _, message = await self.answered(rooms, "waiting")
        await rooms.operator_writes("Halo? Aman?", case.topic_id, edits=message)
        (row,) = await rooms.rows("operator")
        assert row.payload["text"] == "Halo? Aman?"
        assert not await rooms.rows("operator_edit")

    async def test_an_edit_follows_a_message_that_may_just_be_on_its_way(self, rooms: Rooms) -> None:
        case, row, message = await self.answered(rooms, "queued")
        async with session() as s:
            await s.execute(update(Outgoing).where(Outgoing.id == row.id).values(attempts=1))
            await s.commit()
        await rooms.operator_writes("Halo? Aman?", case.topic_id, edits=message)
        assert len(await rooms.rows("operator_edit")) == 1

    async def test_an_edit_that_does_not_arrive_is_said_not_to(self, rooms: Rooms) -> None:

        case, _, message = await self.answered(rooms, "sent")
        await rooms.operator_writes("Halo? Aman?", case.topic_id, edits=message)
        async with session() as s:
            row = await s.scalar(select(Outgoing).where(Outgoing.purpose == "operator_edit"))
            assert row is not None
            row.state = "waiting"
            await settle(s, row, await s.get_one(desk_group.Chat, row.chat_id))
            await s.commit()
        assert await self.notice(rooms) == render("desk_waiting", "id")

    async def test_somebody_elses_edit_reaches_nobody_and_is_said_so(self, rooms: Rooms) -> None:
        case, _, message = await self.answered(rooms, "sent")
        await rooms.operator_writes("diubah orang lain", case.topic_id, edits=message, who=DARA)
        assert not await rooms.rows("operator_edit")
        assert render("desk_not_holder", "id") in await rooms.topic()

    async def test_a_reply_that_fails_twice_is_owned_up_to(self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch) -> None:
        case = await rooms.claimed(TRAPPED["id"])

        async def broken(*_: Any) -> None:
            raise RuntimeError

        monkeypatch.setattr(desk_group, "_wrote", broken)
        with pytest.raises(desk_group.GroupTurnFailed):
            await rooms.operator_writes("Halo?", case.topic_id, to=case.card_message_id)
        async with session() as s:
            row = await s.scalar(select(StoredUpdate.id).order_by(StoredUpdate.id.desc()).limit(1))
        await desk_group.take(update=row)
        assert render("desk_group_failed", "id") in await rooms.topic()


class TestWhatTheTopicShows:
    """Every kind of message is visible to the holder."""

    @pytest.mark.parametrize(
        ("content", "method", "holds"),
        [
            ({"location": {"latitude": 11.5, "longitude": 104.9}}, "sendLocation", "11.5"),
            ({"contact": {"phone_number": "+85512000000", "first_name": "Bos"}}, "sendMessage", "+85512000000"),
            ({"poll": POLL}, "sendMessage", "kecil"),
            ({"photo": PHOTO, "caption": "paspor saya"}, "copyMessage", "paspor saya"),
            ({"voice": {"file_id": "v", "file_unique_id": "u", "duration": 3}}, "copyMessage", "media"),
            ({"sticker": STICKER}, "copyMessage", "media"),
            ({"dice": {"emoji": "🎲", "value": 3}}, "sendMessage", "🎲 3"),
            (
                {"text": "diteruskan", "forward_origin": {"type": "hidden_user", "sender_user_name": "x", "date": 1}},
                "sendMessage",
                "diteruskan",
            ),
        ],
    )
    async def test_each_kind(self, rooms: Rooms, content: dict[str, Any], method: str, holds: str) -> None:
        await rooms.claimed(TRAPPED["id"])
        before = len(await rooms.rows("relay"))
        update = await rooms.writes(**content)
        if set(content) & FILES:
            assert len(await rooms.rows("relay")) == before, "a file is ours before it is shown"
        await desk_jobs.relay_file(update=update)
        await desk_jobs.relay_file(update=update)
        shown = await rooms.rows("relay")
        assert len(shown) == before + 1, "and it is shown once"
        assert shown[-1].method == method
        assert holds in str(shown[-1].payload)

    async def test_an_edited_message_is_shown_as_edited(self, rooms: Rooms) -> None:
        await rooms.claimed(TRAPPED["id"])
        first = await rooms.row(await rooms.writes("lantai 3"))
        edited = rooms.update(kind="edited_message", text="lantai 4")
        edited["edited_message"]["message_id"] = first.message_id
        await turns.take(update=await rooms.stores(edited))
        assert (await rooms.topic())[-1] == render("desk_relay_edited", "id", words="lantai 4")

    async def test_half_characters_of_a_broken_client_are_shown_as_far_as_they_go(self, rooms: Rooms) -> None:
        await rooms.claimed(TRAPPED["id"])
        await rooms.writes("lantai \ud83d tiga \x00")
        shown = (await rooms.topic())[-1]
        shown.encode("utf-8")
        assert "lantai" in shown and "tiga" in shown and "\0" not in shown

    async def test_the_card_follows_what_becomes_known(self, rooms: Rooms) -> None:
        await rooms.writes("tolong saya dikurung, paspor diambil")
        await rooms.delivers()
        await rooms.writes("di bavet")
        refreshed = (await rooms.rows("refresh"))[-1].payload["text"]
        assert "KH" in refreshed
        assert render("sheet_place", "id", place="Bavet") in refreshed, "a town by its name"
        assert "di bavet" not in refreshed.lower(), "a card carries no testimony"

    async def test_a_wish_to_erase_is_a_task_and_the_case_stays(self, rooms: Rooms) -> None:
        case = await rooms.claimed(TRAPPED["id"])
        await rooms.writes("hapus chat")
        assert render("desk_wish_erase", "id") in await rooms.topic()
        assert (await rooms.case()).state in {"claimed", "waiting_worker"}
        assert "erase_wished" in await rooms.events(case)

    @both
    async def test_who_has_the_phone_cleared_does_not_find_on_it_what_waited(self, rooms: Rooms, lang: str) -> None:
        case = await rooms.claimed(TRAPPED[lang])
        await rooms.operator_writes(ANSWER[lang], case.topic_id, to=case.card_message_id)
        (answer,) = await rooms.rows("operator")
        for press in (False, True):
            async with session() as s:
                await s.execute(update(Outgoing).where(Outgoing.id == answer.id).values(state="waiting"))
                await s.commit()
            await (rooms.presses("erase") if press else rooms.writes(VOICE[lang].erase))
            assert [row.state for row in await rooms.rows("operator")] == ["waiting"]
        await rooms.writes(LATER[lang])
        assert [row.state for row in await rooms.rows("operator")] == ["waiting"], "only an officer lets it out"

    async def test_a_blocked_bot_is_told_once_for_each_time(self, rooms: Rooms) -> None:
        await rooms.claimed(TRAPPED["id"])
        for status in ("kicked", "member"):
            me = {"id": 1, "is_bot": True, "first_name": "b"}
            change = {
                "chat": {"id": 41, "type": "private"},
                "from": {"id": 41, "is_bot": False, "first_name": "Budi"},
                "date": 1,
                "old_chat_member": {"status": "member", "user": me},
                "new_chat_member": {"status": status, "user": me, "until_date": 0},
            }
            row = await rooms.stores(
                {"update_id": 900_000 + len(status) * (status == "kicked"), "my_chat_member": change}
            )
            for _ in range(2):
                await turns.take(update=row)
        lines = await rooms.topic()
        ref = (await rooms.case()).ref
        assert lines.count(render("desk_unreachable", "id", ref=ref)) == 1
        assert lines.count(render("desk_reachable", "id", ref=ref)) == 1


class TestTopics:
    """A topic may vanish, the group may be set too late: nothing is lost."""

    async def test_a_topic_made_again_holds_card_messages_answers_and_notes_in_order(self, rooms: Rooms) -> None:
        case = await rooms.claimed(TRAPPED["id"])
        await rooms.operator_writes("catatan dalam", case.topic_id)
        await rooms.operator_writes("Di lantai berapa?", case.topic_id, to=case.card_message_id)
        await rooms.delivers()
        await rooms.writes("lantai 3")
        await rooms.delivers()
        before = len(await rooms.topic())
        await topics.forget(case.id)
        await desk_jobs.rebuild(case=case.id)
        again = (await rooms.topic())[before:]
        assert again[0].startswith("P")
        assert again[1:] == [
            render("desk_relay", "id", words=TRAPPED["id"]),
            render("desk_note_before", "id", words="catatan dalam"),
            render("desk_sent_before", "id", words="Di lantai berapa?"),
            render("desk_relay", "id", words="lantai 3"),
        ]

    async def test_whoever_claims_in_a_new_topic_sees_what_the_lost_one_held(self, rooms: Rooms) -> None:
        case = await rooms.claimed(TRAPPED["id"])
        await rooms.operator_presses(f"case:hand:{case.id}")
        await topics.forget(case.id)
        await desk_jobs.rebuild(case=case.id)
        await rooms.delivers()
        before = len(await rooms.topic())
        await rooms.operator_presses(f"case:claim:{case.id}", DARA)
        assert render("desk_relay", "id", words=TRAPPED["id"]) in (await rooms.topic())[before:]

    async def test_a_case_opened_before_there_was_a_group_is_shown_when_there_is(
        self, rooms: Rooms, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from bot import settings as settings_module
        from bot.cases import sites

        monkeypatch.setenv("TELEGRAM_BOT_TOKEN", "5:REAL")
        settings_module.settings.cache_clear()
        sites.sites.cache_clear()
        await rooms.writes(TRAPPED["id"])
        assert "alert_without_group" in await rooms.events(await rooms.case())
        assert not await rooms.rows("card")
        monkeypatch.setenv("OPERATORS_CHAT_ID", str(SANDBOX_OPERATORS_CHAT_ID))
        settings_module.settings.cache_clear()
        sites.sites.cache_clear()
        async with session() as s:
            await s.execute(update(Case).values(opened_at=dt.datetime.now(dt.UTC) - dt.timedelta(minutes=5)))
            await s.commit()
        for _ in range(2):
            await desk_jobs.post_missing_cards()
        assert len(await rooms.rows("card")) == 1


@pytest.mark.parametrize(
    "data",
    [
        "",
        "case",
        "case:",
        "case:claim",
        "case:claim:",
        "case:claim:x",
        "case:claim:-1",
        "case:claim:99999999999999999999",
        "case:claim:٣",
        "case:claim:²",
        "case:closed:1",
        "case:closed:1:won",
        "case:nothing:1",
        "out:withdraw:",
        "out:withdraw:1",
        "out:override:999999",
        "safe:yes",
        "x" * 64,
        "ខ្មែរ",
    ],
)
async def test_buttons_nobody_made_are_answered_and_change_nothing(rooms: Rooms, data: str) -> None:
    case = await rooms.claimed(TRAPPED["id"])
    before = await rooms.events(case)
    data = data.replace(":1", f":{case.id}") if data.startswith("case:closed") else data
    assert await rooms.operator_presses(data, DARA)
    after = await rooms.case()
    assert (after.state, after.holder_id) == (case.state, case.holder_id)
    assert await rooms.events(case) == before


@pytest.mark.parametrize("lang", LANGS)
def test_no_text_for_a_worker_can_name_an_operator_or_a_reference(lang: Lang) -> None:
    from bot.texts import placeholders

    for key, words in catalogue(lang).items():
        if not key.startswith(("desk_", "alarm_")):
            assert not {"holder", "ref"} & placeholders(words), key


@pytest.mark.parametrize("told_by", ["an update", "a refused call"])
async def test_a_group_that_became_another_by_switching_topics_on_is_still_ours(
    rooms: Rooms, told_by: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.outbox import call, send

    case = await rooms.claimed(TRAPPED["km"])
    new = -1002000000777
    if told_by == "an update":
        group = {"id": SANDBOX_OPERATORS_CHAT_ID, "type": "group", "title": "g"}
        await rooms.stores({"update_id": 7, "message": {"message_id": 1, "chat": group, "migrate_to_chat_id": new}})
    else:

        async def refuses(*_: Any) -> list[int]:
            raise ChatMigrated(new)

        monkeypatch.setattr(call, "make", refuses)
        monkeypatch.setattr(send.sender, "check", lambda: None)
        async with session() as s:
            row = await s.scalar(select(Outgoing).where(Outgoing.purpose == "card"))
            group_row = await s.scalar(select(Chat).where(Chat.kind == "operators"))
        assert row is not None and group_row is not None
        await send._attempt(row, group_row)
    async with session() as s:
        group_id = await s.scalar(select(Chat.id).where(Chat.kind == "operators"))
    await desk_jobs.group_moved(group=group_id or 0)
    await desk_jobs.rebuild(case=case.id)
    await rooms.delivers()
    again = await rooms.case()
    assert again.topic_id not in {None, case.topic_id} and again.card_message_id not in {None, case.card_message_id}
    # Buttons and replies come from the other number now.
    await rooms.operator_writes(ANSWER["km"], again.topic_id, to=again.card_message_id, group=new)
    assert ANSWER["km"] in await rooms.screen()
    assert await rooms.operator_presses(f"case:hand:{case.id}", group=new) == render("desk_you_handed_over", "id")
    await rooms.operator_writes("/next", None, group=new)
    assert (await rooms.case()).holder_id is not None
    assert await rooms.operator_presses(f"case:hand:{case.id}", group=new - 1) == ""


async def test_after_a_restart_the_new_group_of_the_sandbox_shows_the_open_cases_again(rooms: Rooms) -> None:
    await rooms.writes(TRAPPED["id"])
    await rooms.delivers()
    case = await rooms.case()
    await cases_into_new_sandbox()
    async with session() as s:
        query = text("select (args->>'group')::int from procrastinate_jobs where task_name = 'desk.moved'")
        (group,) = await s.scalars(query)
    await desk_jobs.group_moved(group=group)
    await desk_jobs.rebuild(case=case.id)
    await rooms.delivers()
    assert (await rooms.case()).topic_id not in {None, case.topic_id}
    assert len(await rooms.rows("card")) == 2


async def test_when_the_group_is_deleted_open_cases_move_into_the_new_one(
    rooms: Rooms, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = await rooms.claimed(TRAPPED["id"])
    await rooms.operator_writes("catatan penting", held.topic_id)
    await rooms.writes("tolong saya dikurung di bavet", 42)
    unseen = await rooms.case()
    before = {row.id for row in await rooms.rows()}
    assert [row for row in await rooms.rows("card") if row.state == "queued"], (
        "its alert waits for a group that is gone"
    )

    monkeypatch.setenv("OPERATORS_CHAT_ID", "-1009999999999")
    settings_module.settings.cache_clear()
    sites.sites.cache_clear()
    for _ in range(2):
        await desk_jobs.follow_groups()
    for case in (held, unseen):
        await desk_jobs.rebuild(case=case.id)
        await desk_jobs.rebuild(case=case.id)
    async with session() as s:
        group = await s.scalar(select(Chat).where(Chat.chat_hash == crypto.keyed_hash("chat", -1009999999999)))
        assert group is not None
    fresh = [row for row in await rooms.rows(kind="operators") if row.id not in before]
    assert {row.chat_id for row in fresh} == {group.id}
    assert [row.case_id for row in fresh if row.purpose == "card"] == [held.id, unseen.id]
    shown = "\n".join(str(row.payload.get("text")) for row in fresh)
    assert TRAPPED["id"] in shown
    assert "catatan penting" in shown
    assert not [row for row in await rooms.rows(kind="operators") if row.id in before and row.state == "queued"]
