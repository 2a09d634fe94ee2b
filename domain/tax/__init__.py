"""Tax arithmetic: how far figures are apart, and what a certificate exempts."""
