"""How well the offer check judges offers that nobody of us looked at while writing its rules."""
