"""`python -m sandbox.suppliers`."""

from sandbox.kernel import Settings, run
from sandbox.suppliers.service import build

run("suppliers", Settings, build)
