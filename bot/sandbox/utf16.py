"""Lengths as Telegram counts them."""

from __future__ import annotations


def utf16_len(text: str) -> int:
    """Length in UTF-16 code units: characters outside the basic plane (most emoji) count two."""
    return len(text) + sum(1 for char in text if ord(char) > 0xFFFF)


def byte_offset(text: str, index: int) -> int:
    """Where character `index` lies in the UTF-8 bytes."""
    return len(text[:index].encode("utf-8", "surrogatepass"))
