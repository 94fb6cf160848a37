"""What is said: quotes in order, or a chat model's words, with what stands beside them and what to ask next."""
