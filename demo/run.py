"""The whole demo in one command: Posthouse, Sunline beside it, and a crowd of simulated developers.

Prints `ready: portal=URL desk=URL api=URL` when it can be used; by then DIR/demo.json has addresses, passwords, keys.
Ctrl-C ends everything; a second start goes on with the same data.
"""

import argparse
import fcntl
import json
import logging
import os
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import urllib3

from children import Child
from crowd.caller import Caller
from crowd.mailbox import Mailbox
from crowd.personas import Persona
from crowd.portal import HttpPortal
from crowd.site import Site
from crowd.street import Street
from crowd.world import Roster, World
from layout import MADE, ROOT, SEED, Layout

_SECONDS_UNTIL_READY = 120.0
_SECONDS_BETWEEN_LOOKS = 0.5
_PREPARED_SECONDS = 600.0


class BrokenError(Exception):
    """A part of the demo did not come up, or ended by itself."""


class InterruptedEarlyError(Exception):
    """Somebody pressed Ctrl-C before the demo was ready."""


def main() -> int:
    """Run the demo until it is interrupted; returns the exit code."""
    given = _options()
    logging.basicConfig(format="demo: %(message)s", level=logging.WARNING)
    logging.getLogger("urllib3").setLevel(logging.ERROR)
    layout = Layout(Path(given.data).absolute(), given.port, given.api_port)
    stop = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: stop.set())
    try:
        _ports_are_free(layout)
        with _held(layout):
            facts = _prepare(layout, given.customers, stop)
            with _served(layout, facts, stop) as children:
                print(f"ready: portal={facts['portal']} desk={facts['desk']} api={facts['api']}", flush=True)
                _live(layout, facts, children, stop, quiet=given.quiet_crowd)
    except InterruptedEarlyError:
        return 0
    except BrokenError as reason:
        _say(str(reason))
        return 1
    return 0


def _say(text: str) -> None:
    """Standard output is for the line that says it is ready, and for nothing else."""
    print(f"demo: {text}", file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/demo", description="Posthouse, a vendor's API, and a crowd using both.")
    parser.add_argument("--port", type=int, default=8000, help="port of Posthouse (default: %(default)s)")
    parser.add_argument("--api-port", type=int, default=8001, help="port of the vendor's API (default: %(default)s)")
    parser.add_argument("--data", default=".demo", metavar="DIR", help="folder for all data (default: %(default)s)")
    parser.add_argument("--quiet-crowd", action="store_true", help="no live traffic, only the past")
    parser.add_argument(
        "--customers", type=_at_least_one, default=40, metavar="N", help="customers of the past (default: %(default)s)"
    )
    return parser.parse_args()


def _at_least_one(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _ports_are_free(layout: Layout) -> None:
    for port, option in ((layout.port, "--port"), (layout.api_port, "--api-port")):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((layout.host, port))
            except OSError:
                raise BrokenError(f"port {port} is taken; choose another with {option}") from None


@contextmanager
def _held(layout: Layout) -> Iterator[None]:
    """The folder, made if need be, for this demo alone. The lock ends with the process, however that ends."""
    try:
        layout.data.mkdir(parents=True, exist_ok=True)
        lock = (layout.data / "lock").open("w")
    except OSError as error:
        raise BrokenError(f"{layout.data} cannot be used: {error.strerror}; choose another with --data") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise BrokenError(f"another demo uses {layout.data}; choose another folder with --data") from None
        yield


def _prepare(layout: Layout, customers: int, stop: threading.Event) -> dict[str, Any]:
    """Let a process of its own make or check the data, so that its memory is given back; returns what it wrote down."""
    if layout.making.exists():
        _say("an earlier start did not finish its preparation; beginning again")
        shutil.rmtree(layout.making)
    folder = layout.house
    if not layout.house.exists():
        _say(f"making some months of history for {customers} customers in {layout.data}")
        folder = layout.making
        folder.mkdir()
    arguments = [str(layout.data), str(layout.port), str(layout.api_port), str(customers)]
    child = Child("preparation", "prepare", *arguments, environment=_environment(layout.posthouse_environment(folder)))
    end = time.monotonic() + _PREPARED_SECONDS
    while child.running and not stop.is_set() and time.monotonic() < end:
        time.sleep(0.1)
    if child.running:
        child.end()
        raise InterruptedEarlyError if stop.is_set() else BrokenError("the data were not prepared in time")
    if child.exit_code:
        raise BrokenError(f"the data in {layout.data} could not be prepared (exit code {child.exit_code}), see above")
    facts: dict[str, Any] = json.loads(layout.facts.read_text("utf-8"))
    return facts


@contextmanager
def _served(layout: Layout, facts: dict[str, Any], stop: threading.Event) -> Iterator[list[Child]]:
    """Posthouse and Sunline, answering. Sunline ends first, so that its last calls are still taken in."""
    token = json.loads((layout.house / MADE).read_text("utf-8"))["middleware_token"]
    key = {"Authorization": f"Bearer {facts['developer']['test_key']}"}
    where = ("--host", layout.host, "--port")
    settings = layout.posthouse_environment(layout.house)
    with ExitStack() as ending:
        _say("starting Posthouse")
        run = ("posthouse.config.cli", "run", *where, str(layout.port))
        posthouse = Child("Posthouse", *run, environment=_environment(settings))
        ending.callback(posthouse.end)
        _wait_for(f"{layout.portal}/accounts/login/", {}, [posthouse], stop)
        _say("starting Sunline")
        names = {"POSTHOUSE_URL": layout.portal, "POSTHOUSE_TOKEN": token}
        sunline = Child("Sunline", "sunline", *where, str(layout.api_port), environment=_environment(names))
        ending.callback(sunline.end)
        _wait_for(f"{layout.api}/v1/sun?lat=40.42&lon=-3.70&date=2026-11-22", key, [posthouse, sunline], stop)
        yield [posthouse, sunline]


def _environment(settings: dict[str, str]) -> dict[str, str]:
    """This process's environment without anybody else's settings of Posthouse, and with ours."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("POSTHOUSE_")}
    path = os.pathsep.join(filter(None, (str(ROOT), clean.get("PYTHONPATH", ""))))
    return clean | {"PYTHONPATH": path, "DJANGO_SETTINGS_MODULE": "posthouse.config.settings"} | settings


def _wait_for(address: str, headers: dict[str, str], children: list[Child], stop: threading.Event) -> None:
    """Until the address answers as it should."""
    pool = urllib3.PoolManager(retries=False, timeout=2)
    end = time.monotonic() + _SECONDS_UNTIL_READY
    while not _answers(pool, address, headers):
        _all_run(children)
        if time.monotonic() > end:
            raise BrokenError(f"{address} did not answer in {_SECONDS_UNTIL_READY:.0f} seconds")
        if stop.wait(0.1):
            raise InterruptedEarlyError


def _all_run(children: list[Child]) -> None:
    for child in children:
        if not child.running:
            raise BrokenError(f"{child.name} ended (exit code {child.exit_code})")


def _answers(pool: urllib3.PoolManager, address: str, headers: dict[str, str]) -> bool:
    try:
        return pool.request("GET", address, headers=headers).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def _live(layout: Layout, facts: dict[str, Any], children: list[Child], stop: threading.Event, *, quiet: bool) -> None:
    """Let the crowd live until interrupted, or until a part of the demo ends by itself."""
    crowd = threading.Thread(target=_crowd, args=(layout, facts, stop), name="crowd")
    if not quiet:
        crowd.start()
    try:
        while not stop.wait(_SECONDS_BETWEEN_LOOKS):
            _all_run(children)
    finally:
        stop.set()  # the crowd ends too
        if not quiet:
            crowd.join(timeout=15)


def _crowd(layout: Layout, facts: dict[str, Any], stop: threading.Event) -> None:
    # Servers close connections that idle, at times in the very moment in which one is used again.
    again = urllib3.Retry(connect=0, read=1, redirect=False, status=False, allowed_methods=None)
    pool = urllib3.PoolManager(maxsize=4, retries=again)
    mailbox = Mailbox(layout.mail_folder)
    site = Site(facts["segment"]["host"], facts["segment"]["write_key"], pool)

    def portal(persona: Persona) -> HttpPortal:
        return HttpPortal(persona, layout.portal, mailbox, pool, site)

    roster = Roster(layout.roster)
    world = World(portal, Caller(layout.api), roster)
    street = Street(SEED)
    street.populate(world, roster)
    street.run(world, roster, site, stop)


if __name__ == "__main__":
    sys.exit(main())
