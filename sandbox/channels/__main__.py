"""`python -m sandbox.channels`."""

from sandbox.channels.service import build
from sandbox.kernel import Settings, run

run("channels", Settings, build)
