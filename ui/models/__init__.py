"""What the views show, without how it is drawn: ids, sections, thumbnails and facts of visible photos."""
