"""The business of held orders, pure: no I/O, no clock, no Temporal, nothing of the other packages."""
