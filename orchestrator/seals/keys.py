"""The key that seals are signed with: a file of its own, and the public keys that are trusted.

Refuses a key file that others may read: who has the key can seal anything.
"""

import os
import re
import stat
from pathlib import Path
from types import MappingProxyType
from typing import Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from orchestrator.errors import Misconfigured
from orchestrator.seals.seal import key_id_of, public_key_of
from orchestrator.settings import Settings

_PUBLIC: Final = re.compile(r"[0-9a-f]{64}")
Trusted = MappingProxyType[str, str]


def create_key_file(path: Path) -> str:
    """Write a new key into a file that only its owner may read; return its public half.

    Raises:
        Misconfigured: the file exists already, or cannot be written.
    """
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as exc:
        raise Misconfigured(f"{path} exists already; a key is never written over.") from exc
    except OSError as exc:
        raise Misconfigured(f"{path} cannot be written ({exc.strerror}).") from exc
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
    return public_key_of(key)


def read_key_file(path: str | Path) -> Ed25519PrivateKey:
    """Read the key.

    Raises:
        Misconfigured: there is no such file, others may read it, or it holds no such key.
    """
    try:
        if os.name == "posix" and stat.S_IMODE(Path(path).stat().st_mode) & 0o077:
            raise Misconfigured(f"Others may read {path}. Run: chmod 600 {path}")
        key = load_pem_private_key(Path(path).read_bytes(), password=None)
    except OSError as exc:
        raise Misconfigured(
            f"ORCHESTRATOR_SEAL_KEY_FILE: {path} cannot be read ({exc.strerror})."
        ) from exc
    except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
        raise Misconfigured(f"{path} holds no private key in PEM without a password.") from exc
    if not isinstance(key, Ed25519PrivateKey):
        raise Misconfigured(f"{path} holds a key of another kind; seals take Ed25519.")
    return key


def trusted_keys(key: Ed25519PrivateKey | None, earlier: str | None) -> Trusted:
    """Return the public keys that seals may be signed with, by their ids.

    Raises:
        Misconfigured: one of the earlier keys, separated by commas, is no public key.
    """
    named = [each.strip() for each in (earlier or "").split(",") if each.strip()]
    for each in named:
        if not _PUBLIC.fullmatch(each):
            raise Misconfigured(
                f"{each!r} is no public key for seals: 64 hexadecimal digits in lower case, as "
                "'orchestrator audit key show' prints them."
            )
    keys = [*named, *([public_key_of(key)] if key else [])]
    return MappingProxyType({key_id_of(each): each for each in keys})


def trusted_by(settings: Settings) -> Trusted:
    """Return the public keys that a deployment trusts: that of its key file, and earlier ones.

    Raises:
        Misconfigured: the key cannot be read, or an earlier one is no public key.
    """
    key = read_key_file(settings.seal_key_file) if settings.seal_key_file else None
    return trusted_keys(key, settings.seal_public_keys)
