"""Pages about surveys: for respondents, and for the team."""
