"""Contents of messages: from a bot's parameters, or from what a person sends, to Bot API content fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.sandbox.entities import MAX_CAPTION, MAX_TEXT, formatted
from bot.sandbox.errors import bad_request
from bot.sandbox.model import Json, StoredFile
from bot.sandbox.params import Params
from bot.sandbox.state import World

#: Kind of medium → folder of its file paths.
MEDIA = {
    "photo": "photos",
    "document": "documents",
    "voice": "voice",
    "video": "videos",
    "audio": "music",
    "sticker": "stickers",
    "video_note": "video_notes",
    "animation": "animations",
}


@dataclass(frozen=True)
class MediaFacts:
    """What a file's Bot API object says besides the file."""

    duration_seconds: int = 0
    width: int = 1280
    height: int = 960
    title: str | None = None
    emoji: str = "🙂"


def media_content(kind: str, stored: StoredFile, facts: MediaFacts) -> Json:
    """The content field of one medium, for example `{"voice": {...}}`."""
    file: Json = {"file_id": stored.file_id, "file_unique_id": stored.unique_id, "file_size": stored.size}
    if kind == "photo":
        # Telegram offers several sizes, the largest last.
        small = {**file, "file_unique_id": f"{stored.unique_id}s", "width": 320, "height": 240}
        return {"photo": [small, {**file, "width": facts.width, "height": facts.height}]}
    if kind == "sticker":
        plain = {"type": "regular", "width": 512, "height": 512, "is_animated": False, "is_video": False}
        return {"sticker": {**file, **plain, "emoji": facts.emoji}}
    if kind in {"voice", "audio", "video", "video_note", "animation"}:
        file["duration"] = facts.duration_seconds
    if kind == "video_note":
        file["length"] = 240
        return {"video_note": file}
    if kind in {"video", "animation"}:
        file |= {"width": facts.width, "height": facts.height}
    if kind == "audio" and facts.title:
        file["title"] = facts.title
    if stored.name and kind in {"document", "audio", "video", "animation"}:
        file["file_name"] = stored.name
    if stored.mime:
        file["mime_type"] = stored.mime
    if kind == "animation":
        # For old clients the real server sends it as a document too.
        return {"animation": file, "document": file}
    return {kind: file}


def text_content(params: Params) -> Json:
    """`text` and `entities` of a call. Raises ApiError."""
    if not params.text("text"):
        raise bad_request("Message text is empty")
    text, entities = formatted(
        params.text("text"), params.text("parse_mode"), params.json("entities"), limit=MAX_TEXT, what="message"
    )
    return {"text": text, "entities": entities} if entities else {"text": text}


def caption_content(params: Params) -> Json:
    """`caption` and `caption_entities` of a call; empty without a caption. Raises ApiError."""
    caption, entities = formatted(
        params.text("caption"), params.text("parse_mode"), params.json("caption_entities"), limit=MAX_CAPTION,
        what="caption",
    )  # fmt: skip
    if not caption:
        return {}
    return {"caption": caption, "caption_entities": entities} if entities else {"caption": caption}


def media_from_call(world: World, kind: str, params: Params) -> Json:
    """The medium of a sendPhoto, sendVoice, ... call with its caption. Raises ApiError."""
    facts = MediaFacts(
        params.integer("duration"), params.integer("width", 1280), params.integer("height", 960), params.text("title")
    )
    return media_content(kind, _input_file(world, kind, params), facts) | caption_content(params)


def _input_file(world: World, kind: str, params: Params) -> StoredFile:
    """An upload (plain or `attach://`), or a file the sandbox already knows."""
    value = params.text(kind)
    upload = params.files.get(value[len("attach://") :] if value.startswith("attach://") else kind)
    if upload is not None:
        if not upload.content:
            raise bad_request("file must be non-empty")
        return world.add_file(upload.content, MEDIA[kind], name=upload.name, mime=upload.mime)
    if not value:
        raise bad_request(f"There is no {kind} in the request")
    if value in world.files:
        return world.files[value]
    if value.startswith(("http://", "https://")):
        # The real server would fetch it; a sandbox reaches for no network.
        raise bad_request("failed to get HTTP URL content")
    raise bad_request("wrong file identifier/HTTP URL specified")


def location_content(params: Params) -> Json:
    """A point on the map. Raises ApiError."""
    location: Json = {"latitude": params.number("latitude"), "longitude": params.number("longitude")}
    if period := params.integer("live_period"):
        if not (60 <= period <= 86400 or period == 0x7FFFFFFF):
            raise bad_request("wrong live location period specified")
        location["live_period"] = period
    return {"location": location}


def venue_content(params: Params) -> Json:
    """A place with its name and address. Raises ApiError."""
    for name in ("title", "address"):
        if not params.text(name):
            raise bad_request(f"Venue {name} must be non-empty")
    location = location_content(params)["location"]
    return {"venue": {"location": location, **{n: params.text(n) for n in ("title", "address")}}, "location": location}


def contact_content(params: Params) -> Json:
    """A phone book entry. Raises ApiError."""
    for name in ("phone_number", "first_name"):
        if not params.text(name):
            raise bad_request(f'Parameter "{name}" is required' if name == "first_name" else "phone_number is empty")
    contact: Json = {"phone_number": params.text("phone_number"), "first_name": params.text("first_name")}
    if params.text("last_name"):
        contact["last_name"] = params.text("last_name")
    return {"contact": contact}


def kind_of(content: Json) -> str:
    """Which kind of message a content is: text, photo, voice, ... or the name of a service message."""
    for kind in ("text", "animation", *MEDIA, "venue", "location", "contact"):
        if kind in content:
            return kind
    return next(iter(content), "empty")


def file_of(content: Json) -> Json | None:
    """The Bot API file object inside a content, the largest for a photo."""
    for kind in MEDIA:
        found: Any = content.get(kind)
        if found:
            chosen: Json = found[-1] if isinstance(found, list) else found
            return chosen
    return None
