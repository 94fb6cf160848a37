"""Answers, evidence, documents and audit as HTML."""
