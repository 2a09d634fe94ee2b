"""A real Tryton: installed and started beside us as a process of its own, filled, and looked at from outside.

Tryton is under the GPL. Nothing of it is imported here: it has its own environment and is spoken with over JSON-RPC.
"""
