"""Credit management: exposure, limits, releases, and the money that comes in."""
