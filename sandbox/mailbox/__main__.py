"""`python -m sandbox.mailbox --port P --smtp-port Q`."""

from sandbox.kernel import run
from sandbox.mailbox.service import MailboxSettings, build

run("mailbox", MailboxSettings, build)
