"""Pages made of several features: portal home, desk home, one customer."""
