"""Settings, URLs, HTTP API, ASGI and the command line: what is switched on."""
