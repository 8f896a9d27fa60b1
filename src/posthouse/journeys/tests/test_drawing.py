"""Where boxes and ribbons of the drawing of paths stand."""

import pytest

from posthouse.journeys.drawing import HEIGHT, WIDTH, Flow, sankey
from posthouse.journeys.ways import flows


def test_the_boxes_stand_in_columns_and_within_the_drawing():
    drawn = sankey([Flow(0, "a", "b", 60), Flow(0, "a", "c", 40), Flow(1, "b", "c", 50)])
    boxes = {(box.column, box.name): box for box in drawn.boxes}
    assert set(boxes) == {(0, "a"), (1, "b"), (1, "c"), (2, "c")}
    assert boxes[0, "a"].x < boxes[1, "b"].x < boxes[2, "c"].x
    assert boxes[1, "b"].y < boxes[1, "c"].y
    assert all(box.y >= 0 and box.y + box.height <= HEIGHT + 1 and box.x < WIDTH for box in drawn.boxes)
    assert len(drawn.ribbons) == 3


def test_heights_say_how_many():
    drawn = sankey([Flow(0, "a", "b", 75), Flow(0, "a", "c", 25)])
    boxes = {box.name: box for box in drawn.boxes}
    assert boxes["b"].height == pytest.approx(3 * boxes["c"].height, rel=0.01)


def test_nothing_gives_an_empty_drawing():
    assert sankey([]).boxes == []


def test_ways_become_flows_with_their_ends():
    found = {(flow.column, flow.source, flow.target): flow.count for flow in flows([(("a", "b"), 3), (("a",), 2)])}
    assert found == {(0, "a", "b"): 3, (1, "b", ""): 3, (0, "a", ""): 2}
