"""Candidates for an answer: dense and lexical search, fused, and put in a better order."""
