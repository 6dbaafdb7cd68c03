"""Moving in from directories."""
