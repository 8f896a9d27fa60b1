"""Verifying a key over HTTP, against an empty ASGI application and a Django view protected with
djangorestframework-api-key.

Prints one JSON object. Every server has one core, the load another; the first two run on the same uvicorn with the
same requests. The Django view runs on that uvicorn too, and, as it is usually deployed, under gunicorn with one
process. It looks its key up in SQLite, as Posthouse does not have to.
"""

import json
import sys
from contextlib import ExitStack
from functools import partial

from benchmarks import edge_load as bench
from benchmarks.edge_load import in_turn, load, machine, pin_to, post, seeded, serving, uvicorn_of

KEYS = 500
CONNECTIONS = 32
GUNICORN = f"{sys.executable} -m gunicorn --no-control-socket -k gthread --threads 4 -b 127.0.0.1:PORT".split()
GUNICORN.append("benchmarks.edge_drf:wsgi")


def main() -> None:
    """Measure and print."""
    quick = "--quick" in sys.argv
    seconds, rounds = (1.0, 2) if quick else (3.0, 5)
    with ExitStack() as stack:
        environment = stack.enter_context(bench.house())
        seeds = seeded(environment, KEYS)
        django = stack.enter_context(bench.house()) | {"DJANGO_SETTINGS_MODULE": "benchmarks.edge_drf"}
        api_key = bench.run_python("import benchmarks.edge_drf as drf; print(drf.seed())", django).strip()
        start = partial(_start, stack)
        empty = start(uvicorn_of("benchmarks.edge_empty:application"), environment)
        edge = start(uvicorn_of("posthouse.edge.alone:application"), environment)
        drf = start(uvicorn_of("benchmarks.edge_drf:asgi"), django)
        gunicorn = start(GUNICORN, django)
        pin_to(bench.LOAD_CORE)
        bodies = [json.dumps({"key": key}).encode() for key in seeds["keys"]]
        path, token = "/api/v1/keys/verify", f"Bearer {seeds['token']}"
        figures = in_turn(
            {
                name: partial(
                    load,
                    server,
                    [post(server, path, authorization, body) for body in bodies],
                    seconds=seconds,
                    connections=connections,
                )
                for name, server, authorization, connections in (
                    ("empty", empty, token, CONNECTIONS),
                    ("verify", edge, token, CONNECTIONS),
                    ("drf_uvicorn", drf, f"Api-Key {api_key}", CONNECTIONS),
                    ("drf_gunicorn", gunicorn, f"Api-Key {api_key}", 4),
                )
            },
            rounds,
        )
    print(json.dumps(_result(figures) | machine()))


def _start(stack: ExitStack, command: list[str], environment: dict[str, str]) -> bench.Server:
    return stack.enter_context(serving(command, environment))


def _result(figures: dict[str, dict[str, float]]) -> dict[str, float]:
    rate = {name: found["per_cpu_second"] for name, found in figures.items()}
    return {
        "verify_to_empty": round(rate["verify"] / rate["empty"], 3),
        "verify_to_drf_uvicorn": round(rate["verify"] / rate["drf_uvicorn"], 1),
        "verify_to_drf_gunicorn": round(rate["verify"] / rate["drf_gunicorn"], 1),
        "connections": CONNECTIONS,
    } | {f"{name}_{figure}": round(value, 3) for name, found in figures.items() for figure, value in found.items()}


if __name__ == "__main__":
    main()
