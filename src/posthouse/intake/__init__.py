"""Events from tools that a vendor has already: sources with write keys, dialects, what could not be taken in."""
