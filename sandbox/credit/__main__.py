"""`python -m sandbox.credit`."""

from sandbox.credit.records import CreditSettings
from sandbox.credit.service import build
from sandbox.kernel import run

run("credit", CreditSettings, build)
