"""How often, when and whom a campaign asks: rules, the moments they allow, recurring turns, and trying rules out."""
