"""`handseg data`: data sets converted, looked at and handed on."""
