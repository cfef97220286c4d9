"""What a key's memory would not fit for is refused when the workflow is planned."""

import pytest

from amml_runtime.testing import make


def columns(count: int) -> str:
    return f"[{', '.join(f'c{n}' for n in range(count))}]"


@pytest.mark.parametrize(
    ("argument", "text"),
    [
        ("lags", "acf x, lags=50000"),
        ("last", 'smooth x, method="median", last=200000'),
        ("last", "outliers of=x, last=200000"),
        ("last", 'impute of=x, method="median", last=200000'),
        ("season", 'impute of=x, method="seasonal", season=200000'),
        ("rows", "decompose of=x, rows=200000"),
        ("phases", "decompose of=x, period=1d, phases=200000"),
        ("window", 'drift x, method="kswin", window=200000'),
        ("reference", 'drift x, method="psi", reference=200000'),
        ("of", f"correlate {columns(200)}"),
        ("of", f"describe {columns(600)}"),
        ("by", f"lag of={columns(130)}, by=1000"),
        ("by", f"diff of={columns(130)}, by=1000"),
        ("window", f'anomaly of={columns(130)}, method="mad", window=1000'),
    ],
)
def test_what_takes_too_much_memory_names_its_argument(argument: str, text: str) -> None:
    with pytest.raises(ValueError, match=f"`{argument}`: [0-9,]+ bytes"):
        make(text)
