"""`python -m sandbox.tms`."""

from sandbox.kernel import Settings, run
from sandbox.tms.service import build

run("tms", Settings, build)
