"""How goods travel: what a shipment needs, which services can do it, and which of them is chosen."""
