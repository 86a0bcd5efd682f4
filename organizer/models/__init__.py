"""Pixels or words become vectors and sentences. The only room that imports torch and open_clip, and only when a model is loaded."""
