"""What the sources share: rows out of a file, and the shape the catalogue gives them."""

from amml_ingress._shared.rows import read_rows, without_unmatched
from amml_ingress._shared.shape import Shape

__all__ = ["Shape", "read_rows", "without_unmatched"]
