"""Reads files that anybody may have given: regular ones alone, by lines no longer than ours are.

So a named pipe keeps nobody waiting, and neither a device nor a made-up file takes all memory.
"""

import errno
from collections.abc import Iterator
from gzip import GzipFile
from pathlib import Path
from typing import IO, Final

# Thousands of times what is written of an ordinary payment.
LONGEST_LINE: Final = 16 * 1024 * 1024


def refuse_irregular(path: Path) -> None:
    """Refuse what is no file with an end: a pipe, a device, a folder.

    Raises:
        OSError: it is none, or there is nothing.
    """
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no regular file")


def lines_of(file: IO[bytes] | GzipFile) -> Iterator[bytes]:
    """Read a file's lines, one at a time.

    Raises:
        OSError: one is longer than any that is written.
    """
    while line := file.readline(LONGEST_LINE + 1):
        if len(line) > LONGEST_LINE:
            raise OSError(errno.EFBIG, "it has a line longer than any that is written")
        yield line
