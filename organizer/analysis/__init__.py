"""Vectors and facts become results: pure functions over arrays, without a database or a model."""
