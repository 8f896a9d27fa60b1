"""Tags of the documentation's pages."""
