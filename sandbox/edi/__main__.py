"""`python -m sandbox.edi`."""

from sandbox.edi.service import build
from sandbox.kernel import Settings, run

run("edi", Settings, build)
