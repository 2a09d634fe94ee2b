"""Postal addresses: how they are written in each country, and whether two of them are the same place."""
