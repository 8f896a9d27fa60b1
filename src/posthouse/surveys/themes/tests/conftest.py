"""The campaign, the team and the program of the tests about surveys."""

from posthouse.surveys.tests.conftest import ask, call, campaign, desk, make, member

__all__ = ["ask", "call", "campaign", "desk", "make", "member"]
