"""What a step process tells Prometheus."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

from amml_runtime.spec import StepSpec

_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5)


class Metrics:
    """The figures of one slot, over all its tasks."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        into = self._registry
        self.rows_in = Counter("amml_rows_in", "Rows read", registry=into)
        self.rows_out = Counter("amml_rows_out", "Rows written", registry=into)
        self.dead_letters = Counter("amml_dead_letters", "Rows refused", registry=into)
        self.empty = Counter("amml_empty", "Records without a value passed over", registry=into)
        self.nulled = Counter("amml_nulled", "Values an operation failed on", registry=into)
        self.repeats = Counter("amml_ledger_repeats", "Messages seen before", registry=into)
        self.recreated = Counter("amml_producer_recreated", "Producers made anew", registry=into)
        self.lag_records = Gauge("amml_lag_records", "Offsets still to read", registry=into)
        self.lag_seconds = Gauge("amml_lag_seconds", "Age of the rows being read", registry=into)
        self.process = Histogram(
            "amml_process_seconds", "Processing a chunk", buckets=_SECONDS, registry=into
        )
        self.commit = Histogram(
            "amml_commit_seconds", "Committing a transaction", buckets=_SECONDS, registry=into
        )

    def tell_of(self, spec: StepSpec, slot: int) -> None:
        """Say whose figures these are; Prometheus joins this to the others by instance."""
        labels = {"workflow": spec.workflow, "run": str(spec.run), "step": spec.label}
        info = Gauge(
            "amml_step_info", "Which step this is", (*labels, "slot"), registry=self._registry
        )
        info.labels(**labels, slot=str(slot)).set(1)

    def samples(self) -> dict[str, float]:
        """Every figure by its name, as Prometheus would read it now; buckets left out."""
        families = self._registry.collect()
        found = {sample.name: sample.value for family in families for sample in family.samples}
        return {name: value for name, value in found.items() if not name.endswith("_bucket")}

    def serve(self, port: int, host: str = "127.0.0.1") -> None:
        """Answer Prometheus; port 0: do not."""
        if port:
            start_http_server(port, host, self._registry)
