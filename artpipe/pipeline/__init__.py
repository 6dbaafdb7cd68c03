"""From what is wanted to what is made."""
