"""Which explorations are made: small ones for every run of the tests, large ones for a deep run."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from benchmarks.model.world import Bounds

# What a payment that is tried, challenged and disturbed from everywhere can come to.
QUICK: Final[Mapping[str, Bounds]] = MappingProxyType(
    {
        "one attempt, browsers beyond the budget": Bounds(
            1, ("declined", "challenged"), ("declined@browser", "approved@browser"), 2
        ),
        "two attempts, a browser, a cancel": Bounds(
            2, ("approved", "challenged"), ("declined@browser",), 1, outside_cancels=1
        ),
        "declines on both sides": Bounds(
            2, ("declined", "challenged"), ("challenged@browser",), 1, ends_wanted=0
        ),
        "server errors that Stripe keeps": Bounds(
            2, ("approved", "declined", "challenged"), server_errors=1
        ),
        "challenges that cannot be replaced": Bounds(
            2, ("approved", "challenged"), ("declined@browser",), 1, supersedes=False
        ),
        "charges listed a moment later": Bounds(
            2, ("declined", "challenged"), ("declined@browser",), 1, torn=True, ends_wanted=0
        ),
        "cards that end it, refusals, disabled cards": Bounds(
            2, ("lost", "fraudulent", "invalid"), ("fraudulent@browser",), 1
        ),
        "payments that are processed": Bounds(
            2, ("processing", "declined"), ("processing@browser",), 1
        ),
        "no challenge can be started, too many confirmations": Bounds(
            2, ("unstarted", "limited"), ("unstarted@browser",), 1
        ),
        "handlers that ask to be asked again": Bounds(
            2, ("declined",), ("declined@browser",), 1, patient_handlers=True
        ),
        "a browser with the attempt's own card": Bounds(
            2, ("challenged",), ("challenged",), 1, shared_cards=True
        ),
    }
)

DEEP: Final[Mapping[str, Bounds]] = MappingProxyType(
    {
        "three attempts, cards of every kind": Bounds(
            3, ("approved", "declined", "challenged"), ends_wanted=1
        ),
        "three attempts, a browser": Bounds(
            3, ("declined", "challenged"), ("declined@browser",), 1, ends_wanted=0
        ),
        "three attempts, server errors": Bounds(
            3, ("declined", "challenged"), server_errors=1, ends_wanted=0
        ),
        "three attempts, challenges that cannot be replaced": Bounds(
            3, ("declined", "challenged"), supersedes=False, ends_wanted=0
        ),
        "two attempts, browsers beyond the budget": Bounds(
            2,
            ("approved", "challenged"),
            ("declined@browser", "challenged@browser"),
            2,
            outside_cancels=1,
        ),
        "two attempts, three calls under way": Bounds(
            2, ("declined", "challenged"), ("declined@browser",), 1, calls=3, readers=2
        ),
        "two attempts, everything at once": Bounds(
            2,
            ("approved", "declined", "challenged", "processing"),
            ("approved@browser", "declined@browser", "challenged@browser"),
            2,
            outside_cancels=1,
            server_errors=1,
            torn=True,
        ),
    }
)

# Enough room for each broken copy of the rules to be caught in seconds.
SMALL: Final[Mapping[str, Bounds]] = MappingProxyType(
    {
        "browser": Bounds(2, ("challenged",), ("declined@browser",), 1, ends_wanted=0),
        "cards": Bounds(3, ("declined", "challenged"), ends_wanted=1),
        "processing": Bounds(1, ("processing",), ends_wanted=0),
        "unsuperseded": Bounds(2, ("challenged",), ends_wanted=0, supersedes=False),
        "outside": Bounds(1, ("declined",), ("declined@browser",), 1, outside_cancels=1),
    }
)
