"""Pricing: contracts, promotions, costs and the price records that the ERP sells by."""
