"""The TMS: carriers, rates, routing guides and tenders."""
