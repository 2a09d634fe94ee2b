"""`python -m sandbox.pricing`."""

from sandbox.kernel import Settings, run
from sandbox.pricing.service import build

run("pricing", Settings, build)
