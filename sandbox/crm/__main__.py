"""`python -m sandbox.crm`."""

from sandbox.crm.service import build
from sandbox.kernel import Settings, run

run("crm", Settings, build)
