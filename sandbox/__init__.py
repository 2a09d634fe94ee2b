"""A simulated enterprise: the systems of record as real HTTP services, and a Temporal server on this machine."""
