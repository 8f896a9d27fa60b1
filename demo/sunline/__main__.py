"""`python -m sunline --port 8001`: serve Sunline, behind Posthouse when POSTHOUSE_URL and POSTHOUSE_TOKEN are set."""

import argparse
import os

import uvicorn

from sunline.app import create_app
from sunline.protection import protect
from sunline.settings import Settings


def main() -> None:
    """Serves Sunline until it is interrupted."""
    options = _options()
    base_url = options.url or f"http://{options.host}:{options.port}"
    settings = Settings(base_url=base_url)
    uvicorn.run(
        protect(create_app(settings), settings, os.environ),
        host=options.host,
        port=options.port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # no proxy stands in front, so nobody may name another address
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="sunline", description="Sun and moon times for a place and a date.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8001)
    parser.add_argument("--url", help="the address callers use, if it is another than host and port")
    return parser.parse_args()


if __name__ == "__main__":
    main()
