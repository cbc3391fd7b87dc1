"""The files a page loads: each under a name that holds its digest, so that it may be kept for ever.

A page of one version never meets the file of another, and nothing is built before.
"""

import hashlib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from api.console.headers import FILE_HEADERS
from orchestrator.states.walk import walk_styles

PREFIX: Final = "/console/static/"
MEDIA_TYPES: Final = MappingProxyType(
    {
        "css": "text/css; charset=utf-8",
        "js": "text/javascript; charset=utf-8",
        "svg": "image/svg+xml",
    }
)


class StaticFile(NamedTuple):
    """A file as it is served."""

    name: str
    content: bytes
    media_type: str


@cache
def static_files() -> Mapping[str, StaticFile]:
    """Return every file by the name that templates know it by."""
    folder = files("api.console") / "static"
    contents = {
        file.name: file.read_bytes()
        for file in folder.iterdir()
        if file.name.rpartition(".")[2] in MEDIA_TYPES
    }
    # A page's policy takes no style that stands in the picture itself.
    contents["machine.css"] = walk_styles().encode()
    return MappingProxyType(
        {name: _static_file(name, content) for name, content in contents.items()}
    )


def _static_file(name: str, content: bytes) -> StaticFile:
    stem, _, kind = name.rpartition(".")
    digest = hashlib.sha256(content).hexdigest()[:16]
    return StaticFile(f"{stem}.{digest}.{kind}", content, MEDIA_TYPES[kind])


def static_url(name: str) -> str:
    """Return where a file is found."""
    return PREFIX + static_files()[name].name


async def show_file(request: Request) -> Response:
    """Serve a file by the name that holds its digest; no other name leads anywhere."""
    for file in static_files().values():
        if file.name == request.path_params["name"]:
            return Response(file.content, headers=FILE_HEADERS, media_type=file.media_type)
    raise HTTPException(404)
