"""The control API under /sandbox: what tests and the page use to act as people, read screens and cause faults."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from bot.sandbox import actions
from bot.sandbox.content import MEDIA, MediaFacts, media_content
from bot.sandbox.errors import ApiError, NotPossible
from bot.sandbox.faults import Fault
from bot.sandbox.model import Chat, Json, Message, Person
from bot.sandbox.state import World
from bot.sandbox.view import chat_view, message_view, person_view, timeline, topic_view


class NewPerson(BaseModel):
    """A worker to create."""

    name: str = Field(min_length=1)
    language_code: str | None = None
    username: str | None = None
    user_id: int | None = None


class NewBot(BaseModel):
    """Another bot account in the place of the first, as after @BotFather made one."""

    token: str = Field(pattern=r"^\d+:[A-Za-z0-9_-]+$")
    username: str = "sandbox_second_bot"


class NewGroup(BaseModel):
    """A forum group to create."""

    title: str = "Operators"
    chat_id: int | None = None


class Send(BaseModel):
    """One message of a person. Exactly one of text, media, location, contact, raw says what it is."""

    user_id: int
    chat_id: int | None = Field(None, description="the person's own chat with the bot unless given")
    topic_id: int | None = None
    reply_to: int | None = None
    text: str | None = None
    media: str | None = Field(None, description="photo, document, voice, video, audio or sticker")
    content_b64: str = ""
    file_name: str | None = None
    mime: str | None = None
    size: int | None = Field(None, description="bytes to pretend, for files a bot may not fetch")
    duration_seconds: int = 3
    caption: str | None = None
    emoji: str = "🙂"
    location: tuple[float, float] | None = None
    contact: dict[str, Any] | None = None
    raw: dict[str, Any] | None = Field(None, description="content fields of a Message, taken as they are")
    forward_from: dict[str, Any] | None = Field(None, description='{"name"}, {"user_id"} or {"channel"}')


class OnMessage(BaseModel):
    """A person's action on one message."""

    user_id: int
    chat_id: int | None = None
    message_id: int
    text: str | None = None
    emoji: str | None = None


class Press(BaseModel):
    """A button to press: by label (part of it is enough) or by callback data; in any message unless named."""

    user_id: int
    chat_id: int | None = None
    message_id: int | None = None
    label: str | None = None
    data: str | None = None
    wait_seconds: float = 10.0


class PersonState(BaseModel):
    """Switches of an account; what is not given stays."""

    blocked: bool | None = None
    deactivated: bool | None = None
    hides_forwards: bool | None = None


class GroupState(BaseModel):
    """Switches of a group."""

    user_id: int
    bot_present: bool | None = None
    rights: dict[str, bool] | None = None
    member_status: dict[int, str] | None = None


class TopicAction(BaseModel):
    """What an operator does to a topic: create (with a name), close, reopen, delete."""

    user_id: int
    do: str
    topic_id: int | None = None
    name: str | None = None


class RawUpdate(BaseModel):
    """Any JSON as one update."""

    update: Any
    assign_id: bool = True


class NewFault(BaseModel):
    """A fault to set; see faults.py."""

    kind: str
    method: str | None = None
    chat_id: int | None = None
    times: int | None = None
    seconds: float = 0.0
    status: int = 500
    retry_after: int = 3


class LimitsPatch(BaseModel):
    """Sending limits to change."""

    enabled: bool | None = None
    overall_per_second: int | None = None
    private_per_second: float | None = None
    private_burst: int | None = None
    group_per_minute: int | None = None


def control_router(world: World) -> APIRouter:
    """All routes under /sandbox."""
    router = APIRouter(prefix="/sandbox")
    _add_people(router, world)
    _add_messages(router, world)
    _add_groups(router, world)
    _add_topics(router, world)
    _add_state(router, world)
    _add_faults(router, world)
    return router


def _chat_of(world: World, user_id: int, chat_id: int | None) -> tuple[Person, Chat]:
    person = world.person(user_id)
    return person, world.chat(chat_id if chat_id is not None else person.id)


def _add_people(router: APIRouter, world: World) -> None:
    @router.get("/people")
    async def people() -> list[Json]:
        return [person_view(world, p) for p in world.people.values()]

    @router.post("/people")
    async def add_person(new: NewPerson) -> Json:
        if new.user_id in world.people:
            raise NotPossible("this id is taken")
        person = world.add_person(new.name, new.language_code, username=new.username, user_id=new.user_id)
        return person_view(world, person)

    @router.patch("/people/{user_id}")
    async def change_person(user_id: int, state: PersonState) -> Json:
        person = world.person(user_id)
        if state.blocked is not None:
            actions.set_blocked(world, person, state.blocked)
        if state.deactivated is not None:
            person.deactivated = state.deactivated
        if state.hides_forwards is not None:
            person.hides_forwards = state.hides_forwards
        return person_view(world, person)


def _content(world: World, send: Send) -> Json:
    """The content fields of what a person sends."""
    content: Json
    if send.raw is not None:
        content = dict(send.raw)
    elif send.media is not None:
        if send.media not in MEDIA:
            raise NotPossible(f"unknown medium; known are {', '.join(MEDIA)}")
        try:
            raw = base64.b64decode(send.content_b64, validate=True)
        except binascii.Error:
            raise NotPossible("content_b64 is not base64") from None
        mime = send.mime or ("audio/ogg" if send.media == "voice" else None)
        stored = world.add_file(raw, MEDIA[send.media], name=send.file_name, mime=mime, size=send.size)
        facts = MediaFacts(duration_seconds=send.duration_seconds, emoji=send.emoji)
        content = media_content(send.media, stored, facts)
        if send.caption:
            content["caption"] = send.caption
    elif send.location is not None:
        content = {"location": {"latitude": send.location[0], "longitude": send.location[1]}}
    elif send.contact is not None:
        content = {"contact": send.contact}
    elif send.text:
        content = actions.with_entities(send.text)
    else:
        raise NotPossible("an app sends no empty message")
    return content | (actions.forwarded(world, send.forward_from) if send.forward_from else {})


def _add_messages(router: APIRouter, world: World) -> None:
    def shown(message: Message) -> Json:
        return message_view(world, message)

    @router.post("/send")
    async def send(what: Send) -> Json:
        person, chat = _chat_of(world, what.user_id, what.chat_id)
        content = _content(world, what)
        return shown(actions.post(world, person, chat, content, topic_id=what.topic_id, reply_to=what.reply_to))

    @router.post("/edit")
    async def edit(what: OnMessage) -> Json:
        person, chat = _chat_of(world, what.user_id, what.chat_id)
        return shown(actions.edit(world, person, chat, what.message_id, what.text or ""))

    @router.post("/delete")
    async def delete(what: OnMessage) -> Json:
        person, chat = _chat_of(world, what.user_id, what.chat_id)
        actions.delete(world, person, chat, what.message_id)
        return {"deleted": True}

    @router.post("/react")
    async def react(what: OnMessage) -> Json:
        person, chat = _chat_of(world, what.user_id, what.chat_id)
        actions.react(world, person, chat, what.message_id, what.emoji)
        return {"reacted": True}

    @router.post("/press")
    async def press(what: Press) -> Json:
        person, chat = _chat_of(world, what.user_id, what.chat_id)
        message, button = actions.find_button(chat, what.message_id, what.label, what.data)
        return await actions.press(world, person, message, button, what.wait_seconds)

    @router.get("/chats/{chat_id}")
    async def read(
        chat_id: int, topic_id: int | None = None, general_only: bool = False, deleted: bool = False
    ) -> Json:
        chat = world.chat(chat_id)
        messages = timeline(world, chat, topic_id=topic_id, general_only=general_only, deleted=deleted)
        return {"version": world.changes.version, "messages": messages, **chat_view(world, chat)}

    @router.get("/files/{file_id}")
    async def file(file_id: str) -> Response:
        stored = world.files.get(file_id)
        if stored is None:
            raise HTTPException(404)
        return Response(stored.content, media_type=stored.mime or "application/octet-stream")


def _add_groups(router: APIRouter, world: World) -> None:
    @router.get("/groups")
    async def groups() -> list[Json]:
        return [
            {
                "id": c.id,
                "title": c.title,
                "operators": [person_view(world, world.people[i]) for i in c.members],
                "topics": [topic_view(c, t) for t in c.topics.values()],
            }
            for c in world.chats.values()
            if not c.is_private
        ]

    @router.post("/groups")
    async def add_group(new: NewGroup) -> Json:
        if new.chat_id in world.chats:
            raise NotPossible("this id is taken")
        return {"id": world.add_group(new.title, new.chat_id).id}

    @router.post("/groups/{chat_id}/operators")
    async def add_operator(chat_id: int, new: NewPerson) -> Json:
        world.chat(chat_id)
        person = world.add_operator(new.name, new.language_code, chat_id, user_id=new.user_id, username=new.username)
        return person_view(world, person)

    @router.patch("/groups/{chat_id}")
    async def change_group(chat_id: int, state: GroupState) -> Json:
        group = world.chat(chat_id)
        if state.rights:
            group.bot_rights |= state.rights
        if state.member_status:
            group.members |= state.member_status
        if state.bot_present is not None:
            actions.set_bot_in_group(world, group, world.person(state.user_id), state.bot_present)
        return {"rights": group.bot_rights, "bot": group.bot_status}


def _add_topics(router: APIRouter, world: World) -> None:
    @router.get("/groups/{chat_id}/topics")
    async def topics(chat_id: int) -> Json:
        group = world.chat(chat_id)
        listed = [topic_view(group, t) for t in group.topics.values()]
        return {"version": world.changes.version, "topics": listed}

    @router.post("/groups/{chat_id}/topics")
    async def change_topic(chat_id: int, action: TopicAction) -> Json:
        group, person = world.chat(chat_id), world.person(action.user_id)
        if person.id not in group.members:
            raise NotPossible("not a member of this group")
        if action.do == "create":
            created = world.create_topic(group, person.id, action.name or "Topic", 0x6FB9F0, None)
            return topic_view(group, created)
        topic = group.topics.get(action.topic_id or 0)
        if topic is None:
            raise NotPossible("no such topic")
        if action.do in {"close", "reopen"}:
            world.set_topic_closed(group, topic, person.id, action.do == "close")
        elif action.do == "delete":
            world.delete_topic(group, topic)
        else:
            raise NotPossible("a topic is created, closed, reopened or deleted")
        return {"done": action.do}


def _add_state(router: APIRouter, world: World) -> None:
    @router.get("/status")
    async def status() -> Json:
        return {
            "version": world.changes.version,
            "pending_updates": len(world.updates.pending),
            "updates_made": world.updates.made,
            "bot": world.bot.as_user(),
            "commands": {":".join(k): v for k, v in world.commands.items()},
            "profile": {":".join(k): v for k, v in world.profile.items()},
            "clock_offset_seconds": world.clock.offset_seconds,
            "faults": world.faults.listed(),
            "limits": vars(world.limits.config),
            "webhook": world.webhook.info(),
        }

    @router.post("/bot")
    async def replace_bot(wanted: NewBot) -> Json:
        await world.webhook.set(None)
        return world.replace_bot(wanted.token, wanted.username).as_user()

    @router.get("/changes")
    async def changes(after: int = 0, wait_seconds: float = 5.0) -> Json:
        return {"version": await world.changes.after(after, min(wait_seconds, 30.0))}

    @router.get("/events")
    async def events(request: Request) -> StreamingResponse:
        async def lines() -> AsyncIterator[str]:
            yield "retry: 1000\n\n"
            async for event in world.changes.stream():
                if await request.is_disconnected():
                    return
                yield f"data: {json.dumps(event)}\n\n" if event is not None else ": still here\n\n"

        return StreamingResponse(lines(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})

    @router.get("/calls")
    async def calls(method: str | None = None, after: int = 0, chat_id: int | None = None) -> list[Json]:
        return [
            c
            for c in world.audit
            if c["seq"] > after
            and (method is None or c["method"].lower() == method.lower())
            and (chat_id is None or c["params"].get("chat_id") == chat_id)
        ]


def _add_faults(router: APIRouter, world: World) -> None:
    @router.post("/updates")
    async def push_update(raw: RawUpdate) -> Json:
        return {"update_id": world.updates.push_raw(raw.update, assign_id=raw.assign_id)}

    @router.post("/faults")
    async def add_fault(new: NewFault) -> Json:
        try:
            return world.faults.add(Fault(**new.model_dump())).as_json()
        except ValueError as error:
            raise NotPossible(str(error)) from error

    @router.delete("/faults")
    async def clear_faults(fault_id: int | None = None) -> Json:
        world.faults.clear(fault_id)
        return {"faults": world.faults.listed()}

    @router.patch("/limits")
    async def change_limits(patch: LimitsPatch) -> Json:
        for name, value in patch.model_dump(exclude_none=True).items():
            setattr(world.limits.config, name, value)
        return vars(world.limits.config)

    @router.put("/clock")
    async def set_clock(offset_seconds: float) -> Json:
        world.clock.offset_seconds = offset_seconds
        return {"now": world.clock.unix()}


async def on_not_possible(_: Request, error: Exception) -> Response:
    """A person's impossible action, or a refusal Telegram itself would give: 409 with the reason."""
    reason = error.description if isinstance(error, ApiError) else str(error)
    return JSONResponse({"detail": reason}, status_code=409)
