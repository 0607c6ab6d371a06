"""What happens to a person's first message, scored on messages whose writers knew neither the code nor its texts."""
