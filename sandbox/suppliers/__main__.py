"""`python -m sandbox.suppliers --port P --database FILE --settings FILE --acknowledge-after S`."""

from sandbox.kernel import run
from sandbox.suppliers.records import SupplierSettings
from sandbox.suppliers.service import build

run("suppliers", SupplierSettings, build)
