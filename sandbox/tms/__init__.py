"""The TMS: carriers, rates, standing routing instructions, tenders, and collections by customers."""
