"""The drawing of how the benchmarks' figures grow."""

from xml.etree import ElementTree

from benchmarks.curve import HIGH, WIDE, draw
from benchmarks.run import _drawn, _growth

SVG = "{http://www.w3.org/2000/svg}"
FIGURES = {
    "journeys": {
        "replay_growth": [[100_000, 330_000, 1.5], [10_000_000, 300_000, 2.0]],
        "consumer_growth": [[200_000, 11_000], [1_000_000, 9_000]],
    }
}


def test_each_line_goes_through_its_points_within_the_frame():
    root = ElementTree.fromstring(draw({"a & b": [(1e5, 10), (1e7, 1000)]}, title="T", across="x", up="y"))
    (line,) = root.iter(f"{SVG}polyline")
    places = [tuple(map(float, point.split(","))) for point in line.get("points").split()]
    assert len(places) == 2
    assert places[0][0] < places[1][0]
    assert places[0][1] > places[1][1]
    assert all(0 <= x <= WIDE and 0 <= y <= HIGH for x, y in places)
    assert {"T", "x", "y", "a & b", "10⁵", "10⁷"} <= {text.text for text in root.iter(f"{SVG}text")}


def test_a_single_point_can_be_drawn():
    root = ElementTree.fromstring(draw({"a": [(1e5, 10)]}, title="T", across="x", up="y"))
    assert len(list(root.iter(f"{SVG}circle"))) == 1


def test_both_ways_of_progress_are_drawn_and_the_memory_is_said():
    root = ElementTree.fromstring(_drawn(FIGURES))
    assert [len(line.get("points").split()) for line in root.iter(f"{SVG}polyline")] == [2, 2]
    assert "1.5 MB at 100,000, 2.0 MB at 10,000,000" in _growth(FIGURES)
    assert (_drawn({}), _growth({})) == ("", "")
