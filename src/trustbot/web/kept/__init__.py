"""A conversation as its page keeps it, and how it is made again from the stored sources when it comes back."""
