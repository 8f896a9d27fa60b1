"""`/compat/…`: events from the clients of other tools, unchanged but for their address."""
