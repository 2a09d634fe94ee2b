"""`python -m sandbox.edi`."""

from sandbox.edi.records import EdiSettings
from sandbox.edi.service import build
from sandbox.kernel import run

run("edi", EdiSettings, build)
