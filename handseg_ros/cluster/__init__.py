"""Work that is spread over the processors of a machine, or of several, by Ray."""
