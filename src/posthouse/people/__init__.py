"""Users, contacts, customers, the vendor's team, roles, sign-up and sign-in."""
