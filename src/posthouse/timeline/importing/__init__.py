"""History from elsewhere: files of events, read (`files`), understood (`mapping`), and put into the log (`running`)."""

from posthouse.timeline.importing.files import Reading, Record, UnreadableFile, opened
from posthouse.timeline.importing.mapping import TARGETS, BadMapping, Mapping
from posthouse.timeline.importing.running import Counts, Rejects, run

__all__ = [
    "TARGETS",
    "BadMapping",
    "Counts",
    "Mapping",
    "Reading",
    "Record",
    "Rejects",
    "UnreadableFile",
    "opened",
    "run",
]
