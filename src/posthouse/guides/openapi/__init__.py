"""Reads OpenAPI 3.0 and 3.1 documents into what pages show. Knows no tables and no pages."""
