"""What trading partners are answered by EDI."""
