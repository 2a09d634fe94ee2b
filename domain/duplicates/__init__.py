"""Whether two orders are one: keys by which they are compared, and what their likeness means."""
