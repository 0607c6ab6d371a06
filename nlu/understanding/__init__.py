"""What one message is and tells: read once, when it arrives, and kept with it."""
