"""Tryton, over its JSON-RPC: an ERP without stored holds, idempotency keys or numbers of versions."""
