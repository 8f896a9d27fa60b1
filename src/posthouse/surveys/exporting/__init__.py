"""Answers that leave the house as CSV, JSON, JSON Lines or Parquet, in portions: memory does not grow with them."""
