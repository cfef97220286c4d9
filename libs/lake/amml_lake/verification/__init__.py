"""The proof that a data set holds what its writers read, each row once; or what is wrong with it.

It looks at the manifests alone (`chains`), at what lies in the folders (`places`) and into the
files (`contents`); `proof` brings these together.
"""

from amml_lake.verification.findings import CLASSES, Finding
from amml_lake.verification.proof import Proof, verify

__all__ = ["CLASSES", "Finding", "Proof", "verify"]
