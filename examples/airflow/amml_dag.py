"""A night of AMML in Apache Airflow 3: the commands that `amml schedule` runs, driven from outside.

Each task is a command line. The workers need `amml` on their path, and two variables that say
where the platform is: AMML_CONTROL, its address, and AMML_TOKEN_FILE, the file with its token.
(On the machine of `amml up`, AMML_HOME is enough.) Exit code 0 is success; what went wrong is in
the task's log.
"""

from datetime import UTC, datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG(
    "amml",
    description="Compact the lake, prove it, let old data go, and train on what is left",
    schedule="0 3 * * *",
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,  # nights that passed while Airflow was down
    max_active_runs=1,  # as a schedule of ours: never two at once
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
    tags=["amml"],
) as dag:
    compact = BashOperator(task_id="compact", bash_command="amml lake compact co2")
    verify = BashOperator(task_id="verify", bash_command="amml lake verify co2", retries=0)
    retention = BashOperator(task_id="retention", bash_command="amml retention apply co2 --yes")
    train = BashOperator(
        task_id="train",
        bash_command="amml run ett-train --wait",
        execution_timeout=timedelta(hours=6),
    )
    compact >> verify >> retention >> train
