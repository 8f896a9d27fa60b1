"""Raw ASGI for what must be fast: verify a key, take in events and calls."""
