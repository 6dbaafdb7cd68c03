"""The one door that opens a picture: limits, rotation, colour, alpha."""

from artpipe.stages.imaging.blame import blaming_the_picture
from artpipe.stages.imaging.header import Limits, open_header, orientation, upright_size
from artpipe.stages.imaging.picture import ANALYSIS_WIDTH, Picture, fitted

__all__ = [
    "ANALYSIS_WIDTH",
    "Limits",
    "Picture",
    "blaming_the_picture",
    "fitted",
    "open_header",
    "orientation",
    "upright_size",
]
