"""Door: the command line `handseg`."""
