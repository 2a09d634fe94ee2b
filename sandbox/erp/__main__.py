"""`python -m sandbox.erp --port P --database FILE --settings FILE --ship-after S --invoice-after S`."""

from sandbox.erp.service import ErpSettings, build
from sandbox.kernel import run

run("erp", ErpSettings, build)
