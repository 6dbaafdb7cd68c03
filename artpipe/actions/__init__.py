"""What a user can ask for, one module per verb."""
