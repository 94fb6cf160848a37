"""Weights and providers: embedders, cross-encoders, chat models, their prompts and tokens."""
