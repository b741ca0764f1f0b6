"""What docs/restoring.md says of pg_dump: who may make a backup, and that none is made with rows left out."""

import subprocess
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from service.store import serving_role
from service.store.migrating import upgrade
from service.workflow.audit_by_command import verify_clinic
from tests.people import app_of, patient
from tests.store.plain_role import address_of, plain_role
from tests.workflow.restoring import back_up, dump, put_back
from tests.world import CLINIC, World

pytestmark = pytest.mark.postgres


def address_of_the_owner(url: str, role: str) -> str:
    """The address of the empty database for this role, whose tables it may make."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    quoted = '"' + role.replace('"', '""') + '"'
    with engine.connect() as connection:
        connection.execute(text(f"GRANT ALL ON SCHEMA public TO {quoted}"))
    engine.dispose()
    return address_of(url, role)


@pytest.mark.parametrize(("words", "may"), [("LOGIN", False), ("LOGIN BYPASSRLS", True)])
def test_the_wall_stands_before_the_owners_own_dump(
    postgres_url: str, tmp_path: Path, words: str, may: bool
) -> None:
    """A dump with rows left out would pass for a backup: it is refused, and one with BYPASSRLS is whole."""
    with plain_role(postgres_url, words) as role:
        url = address_of_the_owner(postgres_url, role)
        upgrade(url)
        if may:
            dump(make_url(url), tmp_path / "dump")
            assert (tmp_path / "dump").stat().st_size > 0
        else:
            with pytest.raises(subprocess.CalledProcessError) as refused:
                dump(make_url(url), tmp_path / "dump")
            assert "row-level security policy" in refused.value.stderr


def test_a_dump_that_was_put_back_has_the_wall_and_the_words(
    world_on_postgresql: World, tmp_path: Path
) -> None:
    """Rights, policies and triggers come with it: who serves needs nothing granted anew."""
    world = world_on_postgresql
    patient(world).write("six-done-1", {"ai1.1": "before the backup"})
    backup = back_up(world, tmp_path / "dump")
    patient(world, "patient-two-in").write("two-in-1", {"ai1.1": "after it"})
    put_back(world, backup)
    assert serving_role.weaknesses(world.desk.store) == []
    assert verify_clinic(world.desk, CLINIC).ok
    assert "before the backup" in app_of(world).get("QuestionnaireResponse").text
    assert app_of(world, "patient-two-in").get("QuestionnaireResponse?_summary=count").json()["total"] == 0
