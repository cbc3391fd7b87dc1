"""The API's tests of cards hold for a role that owns nothing."""

# ruff: noqa: F403  the same tests, over another database

import pytest

from tests.api.cards.conftest import *
from tests.api.cards.test_by_hand import *
from tests.api.cards.test_detaching import *
from tests.api.cards.test_how_far import *
from tests.api.cards.test_saved_cards import *
from tests.api.cards.test_updates import *
from tests.api.cards.test_whose_cards import *

pytestmark = pytest.mark.thorough
