"""The key's file is for its owner alone, and only keys of the right kind are taken."""

import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from orchestrator.errors import Misconfigured
from orchestrator.seals.keys import create_key_file, read_key_file, trusted_keys
from orchestrator.seals.seal import key_id_of, public_key_of


def test_a_new_key_is_its_owners_alone(tmp_path: Path) -> None:
    """The file can be read by its owner, and what is read is the key whose public half was told."""
    file = tmp_path / "seal.pem"
    public_key = create_key_file(file)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert public_key_of(read_key_file(file)) == public_key


def test_a_key_is_never_written_over(tmp_path: Path) -> None:
    """A file that exists stays as it is."""
    file = tmp_path / "seal.pem"
    create_key_file(file)
    before = file.read_bytes()
    with pytest.raises(Misconfigured, match="never written over"):
        create_key_file(file)

    assert file.read_bytes() == before


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    """A key for a folder that does not exist is refused in a sentence."""
    with pytest.raises(Misconfigured, match="cannot be written"):
        create_key_file(tmp_path / "missing" / "seal.pem")


def test_a_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    """A key file with wider rights is not used."""
    file = tmp_path / "seal.pem"
    create_key_file(file)
    file.chmod(0o640)

    with pytest.raises(Misconfigured, match="chmod 600"):
        read_key_file(file)


def other_kind() -> bytes:
    """Return a private key of another kind."""
    key = generate_private_key(SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"", "no private key"), (b"nonsense", "no private key"), (other_kind(), "another kind")],
    ids=["empty", "nonsense", "another kind"],
)
def test_what_is_no_key_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    """A file without an Ed25519 key is refused, and the sentence says why."""
    file = tmp_path / "seal.pem"
    file.touch(0o600)
    file.write_bytes(content)

    with pytest.raises(Misconfigured, match=told):
        read_key_file(file)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    """A file that is not there is refused, and the sentence names the setting."""
    with pytest.raises(Misconfigured, match="ORCHESTRATOR_SEAL_KEY_FILE"):
        read_key_file(tmp_path / "missing.pem")


def test_earlier_keys_stay_trusted(tmp_path: Path) -> None:
    """The keys of before and the key of now are trusted, each by its id."""
    earlier = create_key_file(tmp_path / "earlier.pem")
    now = create_key_file(tmp_path / "now.pem")
    key = read_key_file(tmp_path / "now.pem")

    assert trusted_keys(key, f" {earlier} ,") == {key_id_of(k): k for k in (earlier, now)}
    assert trusted_keys(None, None) == {}


@pytest.mark.parametrize("text", ["abc", "A" * 64, "0" * 63, "0" * 64 + ",x"])
def test_what_is_no_public_key_is_refused(text: str) -> None:
    """Text that is no public key is refused rather than never matched."""
    with pytest.raises(Misconfigured, match="no public key"):
        trusted_keys(None, text)
