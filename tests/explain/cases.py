"""Every case there is of something to explain."""

from tests.explain.confirming import CONFIRMING
from tests.explain.ending import ENDING
from tests.explain.told import Told
from tests.explain.waiting import WAITING

CASES: dict[str, Told] = {**WAITING, **CONFIRMING, **ENDING}
