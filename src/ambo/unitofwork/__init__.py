"""unitofwork."""
