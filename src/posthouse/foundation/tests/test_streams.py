"""Streams of one process share one look at the log."""

import asyncio

from posthouse.foundation import streams


async def settle():
    """Let tasks that are ready run."""
    for _ in range(5):
        await asyncio.sleep(0)


async def until_nobody_is_left(listeners):
    """A look that sees nothing."""
    while True:
        if not listeners:
            return
        await asyncio.sleep(0)


async def test_all_who_listen_share_one_look_which_ends_with_the_last():
    began, ended = [], []

    async def look(listeners):
        began.append(dict(listeners))
        await until_nobody_is_left(listeners)
        ended.append(True)

    lookout = streams.Lookout(look)
    with lookout.listening("one", "a"), lookout.listening("two", "b"):
        await settle()
        assert began == [{"one": "a", "two": "b"}]
    await settle()
    assert ended == [True]
    with lookout.listening("three", "a"):
        await settle()
    assert len(began) == 2
    await settle()


async def test_a_look_that_fails_is_begun_again(monkeypatch, caplog):
    monkeypatch.setattr(streams, "LOOK_EVERY", 0)
    looks = []

    async def look(listeners):
        looks.append(1)
        if len(looks) == 1:
            raise OSError("the database is away")
        await until_nobody_is_left(listeners)

    with streams.Lookout(look).listening("one", "a"):
        await settle()
        assert len(looks) == 2
    await settle()
    assert "the database is away" in caplog.text


def test_a_message_has_a_line_of_data_for_each_line():
    assert streams.message("call", "one\ntwo") == "event: call\ndata: one\ndata: two\n\n"
    assert streams.message("paused", "") == "event: paused\ndata: \n\n"
