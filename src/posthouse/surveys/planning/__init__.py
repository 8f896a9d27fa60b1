"""The integration planner: questions one at a time, and what follows from the answers."""
