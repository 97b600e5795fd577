"""The figures of a report, one definition a module; `catalogue.py` lists them."""
