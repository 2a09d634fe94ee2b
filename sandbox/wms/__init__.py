"""Warehouse management: what is where, what is on its way, who has a claim on it, and what shipping costs."""
