"""May it be said? Claims against the quotes that they cite."""
