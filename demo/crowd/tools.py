"""What developers call APIs with, and how it introduces itself."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tool:
    """One way to make calls. `sdk` is set where it is Sunline's own library."""

    name: str
    user_agent: str
    sdk: str = ""
    by_hand: bool = False


CURL = Tool("curl", "curl/8.9.1", by_hand=True)
POSTMAN = Tool("Postman", "PostmanRuntime/7.42.0", by_hand=True)
REQUESTS = Tool("requests", "python-requests/2.32.3")
SUNLINE_PYTHON = Tool("sunline-python", "sunline-python/1.2.0 (Python 3.12)", sdk="sunline-python/1.2.0")
SUNLINE_PYTHON_OLD = Tool("sunline-python", "sunline-python/1.0.3 (Python 3.10)", sdk="sunline-python/1.0.3")
SUNLINE_JS = Tool("sunline-js", "sunline-js/1.1.0 (node 22)", sdk="sunline-js/1.1.0")
AXIOS = Tool("axios", "axios/1.7.7")
NODE = Tool("fetch", "node")
GO = Tool("Go", "Go-http-client/2.0")
OKHTTP = Tool("okhttp", "okhttp/4.12.0")
GUZZLE = Tool("Guzzle", "GuzzleHttp/7")
FARADAY = Tool("Faraday", "Faraday v2.12.0")

PROGRAMS: tuple[tuple[Tool, int], ...] = (
    (REQUESTS, 22),
    (SUNLINE_PYTHON, 18),
    (SUNLINE_PYTHON_OLD, 6),
    (SUNLINE_JS, 12),
    (AXIOS, 14),
    (NODE, 8),
    (GO, 8),
    (OKHTTP, 6),
    (GUZZLE, 4),
    (FARADAY, 2),
)
"""Programs in production, with how many of a hundred developers use them."""
