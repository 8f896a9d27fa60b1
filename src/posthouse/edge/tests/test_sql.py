"""The edge's SQL agrees with the models of the features."""

import pytest

from posthouse.edge import sql
from posthouse.edge.follower import Token
from posthouse.intake.models import Rejected, Source
from posthouse.keys.models import Change, Key, Secret
from posthouse.people import scopes
from posthouse.people.models import Contact, TeamMember, TeamToken, User
from posthouse.timeline.models import INTERNAL_SOURCE, Event
from posthouse.usage.models import Call


def columns(model):
    return {field.column for field in model._meta.concrete_fields}


@pytest.mark.parametrize(("model", "written"), [(Event, sql.EVENT_COLUMNS), (Call, sql.CALL_COLUMNS)])
def test_every_column_is_written_but_those_the_database_fills(model, written):
    assert set(written) | {"position", "tx"} == columns(model)
    assert len(set(written)) == len(written)


@pytest.mark.parametrize(
    ("model", "table", "read"),
    [
        (Event, sql.EVENT_TABLE, set()),
        (Call, sql.CALL_TABLE, set()),
        (Key, "keys_key", {"id", "customer_id", "environment", "scopes", "limits", "networks", "expires_at"}),
        (Key, sql.USE_TABLES[0], {"revoked_at", "last_used_at"}),
        (Secret, "keys_secret", {"key_id", "digest", "ends_at", "pepper_id", "created_at"}),
        (Change, "keys_change", {"tx", "position", "key_id", "at"}),
        (
            TeamToken,
            sql.USE_TABLES[1],
            {"id", "digest", "scopes", "revoked_at", "expires_at", "owner_id", "last_used_at"},
        ),
        (TeamMember, "people_teammember", {"id", "user_id"}),
        (User, "people_user", {"id", "is_active"}),
        (Contact, "people_contact", {"id", "email"}),
        (Rejected, sql.REJECT_TABLE, set(sql.REJECT_COLUMNS)),
        (Source, "intake_source", {"id", "dialect", "write_key", "old_key", "old_key_ends_at", "prefix", "names"}),
        (Source, "intake_source", {"rate", "off_at", "accepted", "duplicates", "rejected", "last_seen_at"}),
    ],
)
def test_tables_and_columns_that_are_read_exist(model, table, read):
    assert model._meta.db_table == table
    assert read <= columns(model)


def test_words_shared_with_other_features_are_the_same():
    assert INTERNAL_SOURCE == "posthouse"
    for granted in (["*"], ["keys:sync"], []):
        for scope in scopes.SCOPES:
            assert Token("t", frozenset(granted)).allows(scope) == scopes.allows(granted, scope)
