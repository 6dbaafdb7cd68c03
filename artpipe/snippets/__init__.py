"""Ready text for people's own shells and Justfiles."""
