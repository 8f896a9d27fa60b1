"""The arithmetic of surveys, without a database: scores and their margins, differences, trends. Nothing is guessed."""
