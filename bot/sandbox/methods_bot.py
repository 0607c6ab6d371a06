"""Bot API methods about the bot itself: who it is, its commands and texts, its updates."""

from __future__ import annotations

import re
from typing import Any

from bot.sandbox.calls import Call, Handler, chat_of
from bot.sandbox.errors import ApiError, bad_request
from bot.sandbox.model import Json
from bot.sandbox.webhook import check_target

#: What setMyName and its sisters store → longest text. Source: core.telegram.org/bots/api#setmyname and following.
PROFILE_LIMITS = {"name": 64, "description": 512, "short_description": 120}
SCOPES = frozenset({
    "default", "all_private_chats", "all_group_chats", "all_chat_administrators", "chat",
    "chat_administrators", "chat_member",
})  # fmt: skip
MAX_COMMANDS = 100


def get_me(call: Call) -> Json:
    """getMe."""
    abilities = {
        "can_join_groups": True,
        "can_read_all_group_messages": False,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
        "has_topics_enabled": False,
    }
    return call.world.bot.as_user() | abilities


async def get_updates(call: Call) -> list[Any]:
    """getUpdates."""
    if call.world.webhook.target is not None:
        raise ApiError(
            409,
            "Conflict: can't use getUpdates method while webhook is active;"
            " use deleteWebhook to delete the webhook first",
        )
    call.world.updates.allow(_allowed(call))
    return await call.world.updates.poll(
        call.params.integer("offset"), call.params.integer("limit", 100), call.params.integer("timeout")
    )


def _allowed(call: Call) -> list[str] | None:
    kinds = call.params.json("allowed_updates")
    if kinds is None:
        return None
    if not isinstance(kinds, list):
        raise bad_request("Expected an Array of String")
    return [str(k) for k in kinds]


async def set_webhook(call: Call) -> Any:
    """setWebhook; an empty url removes it."""
    if not call.params.text("url"):
        return await delete_webhook(call)
    certificate = call.params.files.get("certificate")
    target = check_target(
        call.params.text("url"),
        call.params.text("secret_token"),
        call.params.integer("max_connections", 40),
        certificate.content if certificate else None,
    )
    call.world.updates.allow(_allowed(call))
    if call.params.flag("drop_pending_updates"):
        call.world.updates.drop_all()
    await call.world.webhook.set(target)
    return True


async def delete_webhook(call: Call) -> Any:
    """deleteWebhook."""
    if call.params.flag("drop_pending_updates"):
        call.world.updates.drop_all()
    await call.world.webhook.set(None)
    return True


def get_webhook_info(call: Call) -> Json:
    """getWebhookInfo."""
    return call.world.webhook.info()


def _command_key(call: Call) -> tuple[str, str]:
    scope = call.params.json("scope") or {"type": "default"}
    if not isinstance(scope, dict) or scope.get("type") not in SCOPES:
        raise bad_request("Can't parse BotCommandScope: Unsupported type specified")
    named = ":".join(str(scope[k]) for k in ("type", "chat_id", "user_id") if k in scope)
    lang = call.params.text("language_code")
    if lang and not re.fullmatch(r"[a-z]{2}", lang):
        raise bad_request("invalid language code specified")
    return named, lang


def set_my_commands(call: Call) -> Any:
    """setMyCommands."""
    commands = call.params.json("commands")
    if not isinstance(commands, list):
        raise bad_request("Expected an Array of BotCommand")
    if len(commands) > MAX_COMMANDS:
        raise bad_request("BOT_COMMANDS_TOO_MUCH")
    for entry in commands:
        if not re.fullmatch(r"/?[a-z0-9_]{1,32}", str(entry.get("command", ""))):
            raise bad_request("BOT_COMMAND_INVALID")
        if not 1 <= len(str(entry.get("description", "")).strip()) <= 256:
            raise bad_request("BOT_COMMAND_DESCRIPTION_INVALID")
    kept = [{"command": e["command"].lstrip("/"), "description": e["description"].strip()} for e in commands]
    call.world.commands[_command_key(call)] = kept
    call.world.changes.tell("bot")
    return True


def get_my_commands(call: Call) -> list[Json]:
    """getMyCommands: exactly this scope and language, no fallback."""
    return call.world.commands.get(_command_key(call), [])


def delete_my_commands(call: Call) -> Any:
    """deleteMyCommands."""
    call.world.commands.pop(_command_key(call), None)
    call.world.changes.tell("bot")
    return True


def _sets(what: str) -> Handler:
    def set_text(call: Call) -> Any:
        text = call.params.text(what).strip()
        if len(text) > PROFILE_LIMITS[what]:
            raise bad_request(f"bot {what.replace('_', ' ')} is too long")
        call.world.profile[what, call.params.text("language_code")] = text
        call.world.changes.tell("bot")
        return True

    return set_text


def _gets(what: str) -> Handler:
    def get_text(call: Call) -> Json:
        lang = call.params.text("language_code")
        default = call.world.bot.first_name if what == "name" else ""
        profile = call.world.profile
        return {what: profile.get((what, lang)) or profile.get((what, "")) or default}

    return get_text


def set_chat_menu_button(call: Call) -> Any:
    """setChatMenuButton, for one chat or as the default."""
    button = call.params.json("menu_button") or {"type": "default"}
    if button.get("type") not in {"default", "commands", "web_app"}:
        raise bad_request("MenuButton has unsupported type")
    if call.params.text("chat_id"):
        chat_of(call).menu_button = button
    return True


def get_chat_menu_button(call: Call) -> Json:
    """getChatMenuButton."""
    chosen = chat_of(call).menu_button if call.params.text("chat_id") else None
    return chosen or {"type": "commands"}


def log_out(call: Call) -> Any:
    """logOut and close: accepted, nothing to do here."""
    return True


METHODS: dict[str, Handler] = {
    "getMe": get_me,
    "logOut": log_out,
    "close": log_out,
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
    "setMyCommands": set_my_commands,
    "getMyCommands": get_my_commands,
    "deleteMyCommands": delete_my_commands,
    "setMyName": _sets("name"),
    "getMyName": _gets("name"),
    "setMyDescription": _sets("description"),
    "getMyDescription": _gets("description"),
    "setMyShortDescription": _sets("short_description"),
    "getMyShortDescription": _gets("short_description"),
    "setChatMenuButton": set_chat_menu_button,
    "getChatMenuButton": get_chat_menu_button,
}
