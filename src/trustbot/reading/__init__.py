"""Which sentences answer a question: the `Reader` seam, its two implementations, and what they learn from."""
