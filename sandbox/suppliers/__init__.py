"""The supplier portal: purchase orders as suppliers see and acknowledge them."""
