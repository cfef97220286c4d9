"""Every path in HDFS is built here, and from checked names only; on reading, too.

    <root>/_staging/<uuid>                                     half-written: nobody reads these
    <root>/files/<aa>/<sha256>
    <root>/models/<model>/<version>/<run>/artefacts/<sha256>.<file>
    <root>/models/<model>/<version>/<run>/checkpoints/<epoch>.<sha256>

A final name carries the SHA-256 of its content, so two writers of one name wrote the same bytes.
"""

from dataclasses import dataclass
from uuid import UUID

from amml_model_manager.names import check


@dataclass(frozen=True)
class RunKey:
    """One training: a model, its version and the run's id."""

    model: str
    version: str
    run: str

    def __str__(self) -> str:
        return f"{self.model}:{self.version}/{self.run}"


@dataclass(frozen=True)
class Paths:
    """Builds paths below `root`.

    >>> Paths("/amml").artefact(RunKey("ett", "0.1", "t.r1.train"), "model.onnx", "a" * 64)
    '/amml/models/ett/0.1/t.r1.train/artefacts/aaaaaaa...aaaaaaaaa.model.onnx'
    """

    root: str

    def staging(self) -> str:
        """The folder of half-written files."""
        return f"{self.root}/_staging"

    def staged(self, token: UUID) -> str:
        """A new half-written file."""
        return f"{self.staging()}/{token.hex}"

    def files(self) -> str:
        """The folder of the content-addressed files."""
        return f"{self.root}/files"

    def file(self, sha256: str) -> str:
        """A content-addressed file."""
        check("sha256", sha256)
        return f"{self.files()}/{sha256[:2]}/{sha256}"

    def models(self) -> str:
        """The folder of everything that models own."""
        return f"{self.root}/models"

    def version(self, model: str, version: str) -> str:
        """The folder of all runs of a version."""
        return f"{self.models()}/{check('model', model)}/{check('version', version)}"

    def run(self, key: RunKey) -> str:
        """The folder of one run."""
        return f"{self.version(key.model, key.version)}/{check('run', key.run)}"

    def artefact(self, key: RunKey, file: str, sha256: str) -> str:
        """A file of a finished training."""
        return f"{self.run(key)}/artefacts/{check('sha256', sha256)}.{check('file', file)}"

    def checkpoints(self, key: RunKey) -> str:
        """The folder of a run's checkpoints."""
        return f"{self.run(key)}/checkpoints"

    def checkpoint(self, key: RunKey, epoch: int, sha256: str) -> str:
        """What a training can go on from after `epoch`."""
        return f"{self.checkpoints(key)}/{epoch:06d}.{check('sha256', sha256)}"
