"""The only package that writes below art/."""
