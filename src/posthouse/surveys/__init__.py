"""Surveys: campaigns that ask for a score, who is asked and when, and what people answered."""
