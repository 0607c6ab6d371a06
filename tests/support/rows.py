"""One row in every table, with words and names that must never rest in clear."""

from __future__ import annotations

import datetime as dt

from bot.storage import crypto
from bot.storage.models import (
    Agency,
    AgencyList,
    Alarm,
    AuditEntry,
    Beat,
    Bot,
    Case,
    CaseEvent,
    CaseHold,
    Chat,
    FactConfirmation,
    HeldLease,
    Media,
    Operator,
    Outgoing,
    Recruiter,
    RecruiterReport,
    RetentionReport,
    Ring,
    Stranger,
    Tally,
    TopicMessage,
    Unclear,
    Update,
)
from bot.storage.session import session

#: What a stolen database must not show, in any table.
SECRETS = {
    "stranger id": "7300998877",
    "stranger": "Rudi Tanpa Nama",
    "chat id": "7300112233",
    "name": "Siti Rahayu",
    "username": "siti_rahayu_88",
    "words": "paspor saya ditahan bos",
    "khmer words": "ថៅកែយកលិខិតឆ្លងដែន",
    "answer": "jawaban untuk Siti",
    "evidence": "paspor ditahan",
    "place": "Gedung Merah Lantai 4",
    "operator": "Ibu Sari Dewi",
    "operator id": "7300998877",
    "file id": "AgACAgUAAxkBAAIfile",
    "file name": "kontrak-siti.pdf",
    "note": "keluarga sudah ditelepon",
    "words read": "lowongan di gedung biru, hubungi Pak Jo",
    "unclear": "mau nanya soal itu kak yang kemarin",
    "hold reason": "sidang di Medan, perkara Rahayu",
    "hold by": "Advokat Lestari",
    "operator mail": "sari.dewi@example.org",
    "operator phone": "+6281200099887",
}


async def one_of_each() -> None:
    """Insert one row into every table of ours."""
    async with session() as s:
        chat = Chat(
            chat_hash=crypto.keyed_hash("chat", SECRETS["chat id"]),
            chat_id=SECRETS["chat id"],
            name=SECRETS["name"],
            username=SECRETS["username"],
            last_heard_at=dt.datetime.now(dt.UTC),
        )
        operator = Operator(
            name=SECRETS["operator"],
            telegram_hash=crypto.keyed_hash("operator", SECRETS["operator id"]),
            telegram_id=SECRETS["operator id"],
            site="id_desk",
            email=SECRETS["operator mail"],
            phone=SECRETS["operator phone"],
            duty=1,
        )
        lease = HeldLease(name="sender:1", holder="hotline-0", fence=1, until=dt.datetime.now(dt.UTC))
        s.add_all([chat, operator, lease, Bot(id=1, username="example_bot")])
        await s.flush()
        case = Case(
            ref="H-7K3Q",
            chat_id=chat.id,
            kind="distress",
            priority=2,
            lang="id",
            facts={"place": SECRETS["place"]},
            site="id_desk",
            holder_id=operator.id,
        )
        s.add(case)
        await s.flush()
        raw = {"text": SECRETS["words"], "also": SECRETS["khmer words"], "from": {"id": SECRETS["chat id"]}}
        update = Update(
            bot_id=1,
            update_id=1,
            chat_id=chat.id,
            kind="message",
            raw=raw,
            case_id=case.id,
            reasons=[{"id": "documents", "evidence": SECRETS["evidence"]}],
        )
        s.add(update)
        await s.flush()
        outgoing = Outgoing(
            chat_id=chat.id,
            purpose="reply",
            method="sendMessage",
            payload={"text": SECRETS["answer"]},
            case_id=case.id,
            update_id=update.id,
            message_ids=[],
        )
        media = Media(
            chat_id=chat.id,
            update_id=update.id,
            kind="document",
            file_id=SECRETS["file id"],
            name=SECRETS["file name"],
            read_as="words",
            words=SECRETS["words read"],
        )
        s.add(Stranger(group_id=chat.id, telegram_id=SECRETS["stranger id"], name=SECRETS["stranger"]))
        note = CaseEvent(
            case_id=case.id, what="noted", actor=f"operator:{operator.id}", detail={}, body=SECRETS["note"]
        )
        hold = CaseHold(case_id=case.id, why=SECRETS["hold reason"], placed_by=SECRETS["hold by"])
        likely = [["ask_fees", 0.2], ["ask_visa", 0.1]]
        s.add(Unclear(update_id=update.id, chat_id=chat.id, lang="id", text=SECRETS["unclear"], likely=likely))
        s.add_all([outgoing, media, note, hold, RetentionReport(began_at=dt.datetime.now(dt.UTC))])
        s.add(FactConfirmation(fact="id_kbri_phnom_penh", digest="0", operator_id=operator.id))
        s.add(AgencyList(id="p3mi", as_of=dt.date(2026, 9, 17), complete=True, source="a file"))
        await s.flush()
        s.add(Agency(list_id="p3mi", name="PT Maju", status="licensed"))
        recruiter = Recruiter(kind="phone", hash=b"h" * 32, confirmed_by=operator.id)
        s.add(recruiter)
        await s.flush()
        s.add(RecruiterReport(recruiter_id=recruiter.id, reporter=b"r" * 32))
        s.add_all(
            [Beat(process="hotline-1", part="chat"), Tally(name="updates", labels="kind=message,lang=id", value=1)]
        )
        s.add(TopicMessage(case_id=case.id, group_id=chat.id, message_id=7, role="relay", outgoing_id=outgoing.id))
        alarm = Alarm(kind="case", site="id_desk", next_at=dt.datetime.now(dt.UTC))
        s.add(alarm)
        await s.flush()
        s.add(Ring(alarm_id=alarm.id, step=0, operator_id=operator.id, channel="email", told="H-7K3Q"))
        s.add(AuditEntry(what="claimed", actor="operator:1", about="case:1", detail="{}"))
        await s.commit()
