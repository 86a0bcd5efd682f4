"""Vectors and facts become results: pure functions over plain arrays; reads no database and no file but its own data."""
