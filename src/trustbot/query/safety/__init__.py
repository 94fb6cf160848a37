"""Before anything else reads a message: does somebody need help first, and does it hold identifiers?"""
