"""What a corpus says of its works: audit, authors, facts, contacts, and how much of a text may be shown."""
