"""What is let in: how large and how slow a request may be, and from which site."""
