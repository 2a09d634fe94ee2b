"""Credit arithmetic: exposure, and how much of an order fits under a limit."""
