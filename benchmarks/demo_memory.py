"""Memory of the whole demo while its crowd is at work: the sum over its processes, shared pages counted once.

Prints one JSON object.
"""

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from tools.smoke_demo import ROOT, running_demo, session_memory_mb


def main() -> None:
    """Start the demo, let the crowd work, and measure a few times."""
    quick = "--quick" in sys.argv
    command = (sys.executable, str(ROOT / "demo" / "run.py"))
    with (
        tempfile.TemporaryDirectory() as data,
        running_demo(Path(data), 8 if quick else 40, command=command) as facts,
    ):
        seen = []
        for _ in range(2 if quick else 8):
            time.sleep(5)
            seen.append(session_memory_mb(facts["pid"]))
    print(json.dumps({"megabytes": round(max(seen)), "megabytes_median": round(statistics.median(seen))}))


if __name__ == "__main__":
    main()
