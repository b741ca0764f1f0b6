"""A private key stays in the folder of secrets, readable by the service's account alone: it is in no log line, no
representation and no file beside it. [Our rule; SMART App Launch 2.2, Client Authentication: Asymmetric]
"""

import json
from pathlib import Path

from service.keyring import SIGNING, make_keyring, read_keyring
from service.smart.signing_keys import load_signing_key
from tests.people import patient
from tests.world import World


def test_its_file_is_for_one_account(tmp_path: Path) -> None:
    make_keyring(tmp_path / "secrets")

    assert (tmp_path / "secrets").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "secrets" / SIGNING).stat().st_mode & 0o777 == 0o600


def test_it_does_not_show_itself(tmp_path: Path) -> None:
    make_keyring(tmp_path)
    keyring = read_keyring(tmp_path)
    secret = json.loads(keyring.signing)["d"]

    assert secret not in repr(keyring) + repr(load_signing_key(keyring.signing))


def test_no_other_file_of_the_service_holds_it(world: World) -> None:
    patient(world)
    secret = json.loads((world.folder / "secrets" / SIGNING).read_text())["d"].encode()
    files = [one for one in world.folder.rglob("*") if one.is_file() and one.parent.name != "secrets"]

    assert len(files) > 3
    assert not [one for one in files if secret in one.read_bytes()]
