"""Who sits at the terminal: the operator that a command's actions are recorded under."""

import os
import pwd

from orchestrator.payment import Actor


def this_operator() -> Actor:
    """Name the user of the operating system who runs this process.

    Asked of the system, not of the environment, which anybody can set.
    """
    user = os.getuid()
    try:
        name = pwd.getpwuid(user).pw_name
    except KeyError:
        name = f"uid:{user}"  # as in a container that has no such user
    return Actor("operator", name)
