"""The pages of mail: its log and its words on the desk, notices and choices for those who get it."""
