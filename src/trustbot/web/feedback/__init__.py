"""What readers say of answers: how it is kept, counted, and shown to whoever looks after the corpus."""
