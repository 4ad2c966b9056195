"""Fixtures that tests of several packages share, each group in a file of fixtures/."""

pytest_plugins = [
    "fixtures.commands",
    "fixtures.documents",
    "fixtures.lying",
    "fixtures.networks",
    "fixtures.small_sets",
    "fixtures.stores",
    "fixtures.training",
    "fixtures.web",
]
