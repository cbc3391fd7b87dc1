"""What every test may ask for by name. Owns nothing itself: the fixtures live beside their kind."""

pytest_plugins = ["tests.databases", "tests.world", "tests.rest"]
