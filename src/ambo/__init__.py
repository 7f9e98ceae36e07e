"""ambo: one ORM for both worlds."""
