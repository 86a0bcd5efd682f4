"""The Qt shell: windows, views and workers. Speaks to the core through ``organizer.library`` alone."""
