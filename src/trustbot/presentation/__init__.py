"""What everybody sees of an answer: its fixed sentences and titles, and its form in JSON."""
