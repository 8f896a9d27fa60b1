"""History from elsewhere: files of events, read (`files`), understood (`mapping`), and put into the log (`running`)."""

from posthouse.timeline.importing.files import UnreadableFile
from posthouse.timeline.importing.mapping import TARGETS, BadMapping, Mapping
from posthouse.timeline.importing.running import Counts, run

__all__ = ["TARGETS", "BadMapping", "Counts", "Mapping", "UnreadableFile", "run"]
