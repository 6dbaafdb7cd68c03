"""Pictures for the demo, painted by formulas."""
