"""Who is invited and what he answers: sign-up, leave and who grants it, delegations of the units below."""
