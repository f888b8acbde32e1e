"""What the tests of this family share: one finished study, in the checkout that made it."""

import pytest

import wild


@pytest.fixture(scope="session")
def original(finished, tmp_path_factory):
    """A checkout with a finished study that no test changes."""
    return wild.checkout(tmp_path_factory.mktemp("original") / "spikerate", finished)
