"""What all tests share: the option that rewrites golden files."""

import pytest
from hypothesis import settings

# A busy machine is no fault: what must be quick has a test that says how quick.
settings.register_profile("amml", deadline=None)
settings.load_profile("amml")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite what the golden files expect; read the diff like code",
    )


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether golden files are to be rewritten instead of compared."""
    return bool(request.config.getoption("--update-golden"))
