"""Where a lake lies: a local folder or HDFS, behind one small interface."""

from amml_lake.stores.opening import open_store
from amml_lake.stores.store import Entry, Store
from amml_lake.stores.together import together

__all__ = ["Entry", "Store", "open_store", "together"]
