"""The tax engine: estimates, exemption certificates, and overrides."""
