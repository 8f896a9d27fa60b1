"""API keys: identity, secrets, scopes, limits, rotation, revocation."""
