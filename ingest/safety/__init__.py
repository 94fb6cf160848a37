"""What the safety stage learns from, and its training: `python -m ingest.safety`."""
