"""Invitations from the trigger to the mail server: benchmarks/survey_mail.py [--quick] [--kill]

`posthouse run` (web and worker) is asked over HTTP, a thousand people a request, to send a survey; a real SMTP server
(aiosmtpd, a process of its own) takes the mails. Mails per second from the first request to the last acceptance. With
`--kill` the worker is killed twenty times on the way. On SQLite, and on PostgreSQL where POSTHOUSE_TEST_POSTGRES says.
Prints one JSON object.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from benchmarks import edge_load as bench
from benchmarks.edge_intake import _database

MAILS = 10_000
BATCH = 1_000
KILLS = 20
PATIENCE = 600.0


def main() -> None:
    """Measure and print."""
    mails = 1_000 if "--quick" in sys.argv else MAILS
    kills = KILLS if "--kill" in sys.argv else 0
    figures = _figures("sqlite", "", mails, kills)
    if postgres := os.environ.get("POSTHOUSE_TEST_POSTGRES"):
        figures |= _figures("postgresql", postgres, mails, kills)
    print(json.dumps({"mails": mails, "kills": kills} | figures | bench.machine()))


def _figures(name: str, postgres: str, mails: int, kills: int) -> dict[str, Any]:
    with ExitStack() as stack:
        url = stack.enter_context(_database(postgres))
        environment = stack.enter_context(bench.house(url))
        campaign = _campaign(environment)
        token = bench.seeded(environment, 0)["token"]
        sink = stack.enter_context(_sink(Path(environment["POSTHOUSE_DATA"])))
        environment |= {"POSTHOUSE_MAIL_URL": f"smtp://127.0.0.1:{sink.port}"}
        house = stack.enter_context(_running(environment))
        began = time.perf_counter()
        for first in range(0, mails, BATCH):
            _ask(house.address, token, campaign, range(first, min(first + BATCH, mails)))
        asked = time.perf_counter() - began
        if kills:
            house.kill_now_and_then(kills, sink, mails)
        sink.wait_for(mails)
        seconds = time.perf_counter() - began
        time.sleep(1.0)
        got = sink.received()
    return {
        f"{name}_mails_per_second": round(mails / seconds),
        f"{name}_asked_per_second": round(mails / asked),
        f"{name}_lost": mails - len({to for _, to in got}),
        f"{name}_twice": len(got) - len({to for _, to in got}),
        f"{name}_message_ids": len({message for message, _ in got}),
    }


def _campaign(environment: dict[str, str]) -> str:
    code = """
import django; django.setup()
from posthouse.foundation import jobs
from posthouse.surveys import actions
jobs.run_until_idle()
words = {"en": {"subject": "One question", "question": "How likely are you to recommend the Sunline API?"}}
campaign = actions.make_campaign(name="Quarterly", metric="nps", texts=words)
actions.set_state(campaign=campaign, state="running")
print(campaign.pk)
"""
    return bench.run_python(code, environment).split()[-1]


class Sink:
    """The SMTP server: one line of its file for each mail it accepted."""

    def __init__(self, port: int, path: Path) -> None:
        self.port, self.path = port, path

    def received(self) -> list[tuple[str, str]]:
        """Message-ID and recipient of each mail, in the order of acceptance."""
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        return [(line.split("\t")[0], line.split("\t")[1]) for line in lines if line.count("\t") == 1]

    def count(self) -> int:
        """Mails accepted."""
        return self.path.read_bytes().count(b"\n") if self.path.exists() else 0

    def wait_for(self, mails: int) -> None:
        """Until so many different people have got one. Raises SystemExit when that does not come about."""
        end = time.monotonic() + PATIENCE
        while self.count() < mails or len({to for _, to in self.received()}) < mails:
            if time.monotonic() > end:
                raise SystemExit(f"only {self.count()} of {mails} mails arrived")
            time.sleep(0.02)


SINK = """
import asyncio, sys
from email.parser import BytesHeaderParser
from aiosmtpd.smtp import SMTP
out = open(sys.argv[1], "a", buffering=1)
class Handler:
    async def handle_DATA(self, server, session, envelope):
        head = BytesHeaderParser().parsebytes(envelope.content.partition(b"\\r\\n\\r\\n")[0])
        out.write(f"{head['Message-ID']}\\t{envelope.rcpt_tos[0]}\\n")
        return "250 OK"
async def main():
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(Handler(), hostname="sink"), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


@contextmanager
def _sink(folder: Path) -> Iterator[Sink]:
    path = folder / "accepted.txt"
    process = subprocess.Popen([sys.executable, "-c", SINK, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield Sink(int(process.stdout.readline()), path)
    finally:
        process.kill()
        process.wait()


class House:
    """`posthouse run`: its address, and its worker to be killed."""

    def __init__(self, address: str, pid: int) -> None:
        self.address, self.pid = address, pid

    def worker(self) -> int:
        """The process id of the worker at present; 0 while there is none."""
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().split(b"\0")
                parent = int((path.parent / "stat").read_text().rpartition(") ")[2].split()[1])
            except OSError:
                continue
            if parent == self.pid and b"worker" in words:
                return int(path.parent.name)
        return 0

    def kill_now_and_then(self, times: int, sink: Sink, mails: int) -> None:
        """kill -9, evenly over the mails that arrive."""
        for turn in range(1, times + 1):
            while sink.count() < mails * turn // (times + 1):
                time.sleep(0.005)
            while not (worker := self.worker()):
                time.sleep(0.005)
            os.kill(worker, signal.SIGKILL)


@contextmanager
def _running(environment: dict[str, str]) -> Iterator[House]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "posthouse.config.cli", "run", "--port", str(port)]
    process = subprocess.Popen(command, env=environment | {"POSTHOUSE_PUBLIC_URL": address}, cwd=bench.ROOT)
    try:
        bench._wait_for(port, process)
        yield House(address, process.pid)
    finally:
        process.terminate()
        process.wait(30)


def _ask(address: str, token: str, campaign: str, people: range) -> None:
    sends = [{"email": f"p{number}@example.com", "attributes": {"plan": "pro"}} for number in people]
    request = urllib.request.Request(
        f"{address}/api/v1/surveys/{campaign}/sends/batch",
        json.dumps({"items": sends}).encode(),
        {"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=120) as answer:
        outcomes = [one["send"]["outcome"] for one in json.load(answer)["items"]]
    if outcomes != ["scheduled"] * len(sends):
        raise SystemExit(f"not all were scheduled: {set(outcomes)}")


if __name__ == "__main__":
    main()
