"""Wiring that the processes share: settings, Temporal, logs, metrics, and the door."""
