"""Journeys: taking events in, publishing definitions, putting subjects in and out, replaying, and what time brings."""

from posthouse.journeys.actions.definitions import add_revision, install_shipped, publish_revision, switch
from posthouse.journeys.actions.following import interest, take_in
from posthouse.journeys.actions.moving import DryCount, Move, dry_count, enrol, exit_run, pin_run, replay_subject
from posthouse.journeys.actions.replaying import backfill, pieces, work_off_replays
from posthouse.journeys.actions.timing import (
    announce_all_slow,
    announce_late,
    announce_slow,
    close_windows,
    note_trouble,
    sum_up,
)

__all__ = [
    "DryCount",
    "Move",
    "add_revision",
    "announce_all_slow",
    "announce_late",
    "announce_slow",
    "backfill",
    "close_windows",
    "dry_count",
    "enrol",
    "exit_run",
    "install_shipped",
    "interest",
    "note_trouble",
    "pieces",
    "pin_run",
    "publish_revision",
    "replay_subject",
    "sum_up",
    "switch",
    "take_in",
    "work_off_replays",
]
