"""`python -m sandbox.channels --port P --database FILE --settings FILE --warehouse W --cutoff-after H`."""

from sandbox.channels.service import ChannelSettings, build
from sandbox.kernel import run

run("channels", ChannelSettings, build)
