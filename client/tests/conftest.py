"""What the client's tests share."""

from collections.abc import Iterator

import pytest

from posthouse_client.testing import FakePosthouse


def pytest_configure(config: pytest.Config) -> None:
    """Know the marker when these tests run without the rest of the repository."""
    config.addinivalue_line("markers", "mission(row): the row of the mission that a test proves")


@pytest.fixture
def posthouse() -> Iterator[FakePosthouse]:
    """A Posthouse that listens on a socket of its own."""
    with FakePosthouse() as fake:
        yield fake
