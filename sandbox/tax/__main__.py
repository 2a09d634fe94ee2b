"""`python -m sandbox.tax`."""

from sandbox.kernel import run
from sandbox.tax.records import TaxSettings
from sandbox.tax.service import build

run("tax", TaxSettings, build)
