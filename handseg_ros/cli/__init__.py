"""Interface: the command line `handseg`."""
