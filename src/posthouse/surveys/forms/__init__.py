"""Forms about surveys: what respondents fill in, and how the team sets up a campaign."""
