"""Small windows that ask one thing, for what cannot be undone or must be chosen."""
