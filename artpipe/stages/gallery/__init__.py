"""Static pages of pictures: plain data in, text of HTML out."""
