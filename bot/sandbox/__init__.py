"""A local Telegram: the Bot API over HTTP, the people and the operators' group behind it, and a page to play them.

For demos and tests only. It listens on loopback, keeps everything in memory and forgets it on exit.
"""
