"""The ERP of the sandbox: takes orders in, validates them, holds them, and lets them go."""
