"""The metrics of a report, one definition a module; `registry.py` lists them."""
