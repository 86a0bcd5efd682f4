"""Pixels or words to vectors. torch, timm and open_clip are imported here and nowhere else.

Importing this package, ``registry``, ``base`` or ``prompts`` loads none of them; ``openclip`` and
``devices`` load them when a model is opened. This room knows no catalogue, no files of photos and no
categories.
"""
