"""`python -m sandbox.wms`."""

from sandbox.kernel import Settings, run
from sandbox.wms.service import build

run("wms", Settings, build)
