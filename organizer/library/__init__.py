"""The only door to the core for the window and the command line.

Importing it loads neither torch nor Qt; ``tests/core/test_import_cost.py`` holds this.
"""
