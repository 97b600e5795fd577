"""Scores a model on pictures whose hands are known."""
