"""The vendor: its name, look and addresses, as the portal and the mail show them."""
