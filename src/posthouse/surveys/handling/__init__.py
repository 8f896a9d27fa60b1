"""What the team does with an answer: tags, notes, who looks after it, whether that is done; and taking it back."""
