"""Units, people, memberships, roles, accounts and the roster."""
