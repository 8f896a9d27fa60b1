"""Tags of the pages of journeys."""
