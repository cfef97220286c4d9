"""What has to go before a plan can run in a cluster."""

from amml_deploy.backends.kubernetes_commands import Cluster, Object
from amml_deploy.backends.kubernetes_values import ends, labels_of, object_of
from amml_runtime.spec import Plan, StepSpec


def make_way(cluster: Cluster, plan: Plan) -> None:
    """Delete what would run beside its successor, or could never run again, and wait for its end.

    That is what belongs to another run, a step with another number of slots, since two layouts
    would own the same partitions, and a Job that has failed.
    """
    wanted = {object_of(step): step for step in plan.steps}
    for kind in ("StatefulSet", "Job"):
        for each in cluster.find(kind, "-l", labels_of(plan.workflow)):
            name = each["metadata"]["name"]
            if name not in wanted or _is_in_the_way(each, wanted[name]):
                cluster.delete(kind, name)


def _is_in_the_way(there: Object, step: StepSpec) -> bool:
    if not ends(step):
        return there["spec"]["replicas"] != step.slots
    conditions = there["status"].get("conditions", ())
    return any(each["type"] == "Failed" and each["status"] == "True" for each in conditions)
