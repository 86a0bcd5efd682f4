"""Folders become catalogue rows: scan, watch, the staged pipeline. Plain threads and processes, no Qt."""
