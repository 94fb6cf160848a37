"""What was asked: the question with its conversation, and what it names exactly."""
