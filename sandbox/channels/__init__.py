"""The order channels: the web shop and the inside sales desk, which enter orders into the ERP."""
