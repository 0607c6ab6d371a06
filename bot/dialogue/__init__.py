"""What the bot says to a message that opens no case by itself: the table is in policy.py."""
