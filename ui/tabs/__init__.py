"""The tabs of the window, one file each; ``registry`` lists them."""
