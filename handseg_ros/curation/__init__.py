"""Labelled sets looked after: checked, counted, shown, split and exported."""
