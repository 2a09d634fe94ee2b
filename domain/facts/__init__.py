"""What the systems of record say: one module a subject, each answer typed, dated and versioned."""
