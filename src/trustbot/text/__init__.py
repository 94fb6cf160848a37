"""Reading text: where sentences begin, which terms count, headings, and quotes in one line."""
