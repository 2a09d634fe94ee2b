"""The EDI gateway: interchanges with trading partners, their translation, and acknowledgements."""
