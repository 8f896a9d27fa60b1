"""The vendor's documentation: OpenAPI reference, quickstart, error explanations."""
