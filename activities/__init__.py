"""Everything that touches the world: one module a system, each call recorded by Temporal."""
