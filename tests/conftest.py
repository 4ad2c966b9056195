"""Fixtures that tests of several packages share, each group in a file of fixtures/."""

pytest_plugins = [
    "fixtures.browser",
    "fixtures.commands",
    "fixtures.documents",
    "fixtures.left_runs",
    "fixtures.lying",
    "fixtures.networks",
    "fixtures.small_sets",
    "fixtures.stores",
    "fixtures.training",
    "fixtures.viewer",
    "fixtures.web",
]
