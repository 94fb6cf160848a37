"""The page `/browse`: everything the bot may say, to be read without asking."""
