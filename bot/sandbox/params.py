"""Parameters of one Bot API call, however they came: query string, form, multipart or JSON."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import UploadFile
from starlette.requests import Request

from bot.sandbox.errors import ApiError, bad_request
from bot.sandbox.model import Json

#: Largest upload of a bot. Source: core.telegram.org/bots/api#sending-files, "50 MB max size for other files".
MAX_UPLOAD_BYTES = 50 * 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """One file in a multipart request."""

    name: str
    mime: str | None
    content: bytes


@dataclass
class Params:
    """Text values by name, as the real server holds them, and uploaded files."""

    values: dict[str, str] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """A value, or the empty string."""
        return self.values.get(name, "")

    def integer(self, name: str, default: int = 0) -> int:
        """A whole number; anything else counts as absent, as on the real server."""
        try:
            return int(self.values.get(name, default))
        except ValueError:
            return default

    def number(self, name: str) -> float:
        """A decimal number. Raises ApiError when missing."""
        try:
            return float(self.values[name])
        except (KeyError, ValueError):
            raise bad_request(f"{name} is empty") from None

    def flag(self, name: str) -> bool:
        """A truth value: true, yes and 1 are true."""
        return self.text(name).lower() in {"true", "yes", "1"}

    def json(self, name: str, what: str | None = None) -> Any:
        """A JSON value or None. Raises ApiError."""
        raw = self.text(name)
        if not raw:
            return None
        try:
            return json.loads(raw)
        except ValueError:
            raise bad_request(f"Can't parse {what or name} JSON object") from None

    def shown(self) -> Json:
        """For the audit log: JSON values decoded, files by name and size."""
        shown: Json = {}
        for name, raw in self.values.items():
            shown[name] = raw
            if raw[:1] in "[{" or raw in {"true", "false"} or raw.lstrip("-").isdigit():
                try:
                    shown[name] = json.loads(raw)
                except ValueError:
                    continue
        for name, upload in self.files.items():
            shown[name] = {"file_name": upload.name, "size": len(upload.content)}
        return shown


async def read_params(request: Request) -> Params:
    """Parse a request. Raises ApiError for a body that cannot be read."""
    params = Params({k: v for k, v in request.query_params.items()})
    if request.method != "POST":
        return params
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/json":
        try:
            body = json.loads(await request.body() or b"{}")
        except ValueError:
            raise bad_request("Can't parse JSON object") from None
        if not isinstance(body, dict):
            raise bad_request("Object expected")
        for name, value in body.items():
            if value is not None:
                params.values[name] = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    elif kind in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        async with request.form(max_files=100, max_fields=1000, max_part_size=MAX_UPLOAD_BYTES) as form:
            for name, item in form.multi_items():
                if isinstance(item, UploadFile):
                    content = await item.read()
                    if len(content) > MAX_UPLOAD_BYTES:
                        raise ApiError(413, "Request Entity Too Large")
                    params.files[name] = Upload(item.filename or name, item.content_type, content)
                else:
                    params.values[name] = item
    return params
