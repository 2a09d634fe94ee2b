"""`python -m sandbox.tms`."""

from sandbox.kernel import run
from sandbox.tms.records import TmsSettings
from sandbox.tms.service import build

run("tms", TmsSettings, build)
