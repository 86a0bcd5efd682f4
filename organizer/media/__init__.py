"""A file becomes pixels and facts: decoding, EXIF, thumbnails, fingerprints, measurements.

Knows no catalogue and no model.
"""
