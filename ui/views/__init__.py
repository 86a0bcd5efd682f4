"""Widgets that show one thing each; they hold no results of their own."""
