"""Inventory arithmetic: what can be promised from where, and which way of sourcing is the cheapest."""
