"""Is a freely written sentence supported by the passages that it cites? Signals, rules and a fitted model."""
