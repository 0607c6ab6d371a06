"""What the hotline makes of thousands of messages, frozen: a change of the code that changes one of them shows it."""
