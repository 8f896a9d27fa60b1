"""People for the browser tests of this feature."""

import pytest

from posthouse.people.models import TeamMember, TeamRole, User
from posthouse.vendor.actions import describe_vendor


@pytest.fixture
def admin(transactional_db):
    """One of the vendor's people with every right."""
    user = User.objects.create_user("admin@vendor.example.org", "x", language="en")
    TeamMember.objects.create(user=user, role=TeamRole.ADMIN)
    return user


@pytest.fixture
def orange(transactional_db):
    """A vendor whose accent is far too light to be read as it is."""
    logo = (
        "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 24 24'%3E"
        "%3Ccircle cx='12' cy='12' r='10' fill='%23ff9500'/%3E%3C/svg%3E"
    )
    return describe_vendor(name="Sunline API", accent="#ff9500", logo=logo, support_email="help@sunline.example")


@pytest.fixture
def analyst(transactional_db):
    """One of the vendor's people without the right to change settings, who reads the language named."""

    def made(language):
        user, fresh = User.objects.get_or_create(email="analyst@vendor.example.org", defaults={"language": language})
        if fresh:
            TeamMember.objects.create(user=user, role=TeamRole.ANALYST)
        return user

    return made
